import type { PhasePreview, PreviewedGate, PreviewedRow, PreviewedUniverse } from '../index.js';
import { formatFirst } from './membership-diff.js';
import { bold, dim, formatChange, formatCount } from './output.js';
import { formatTable } from './table.js';

/** Symbols listed per universe, and rows per kind. */
const PREVIEWED_SYMBOLS = 3;
const LISTED_ROWS = 10;

/** What a run would do, for a person: universes, gates, symbols, rows. */
export function formatPreview(preview: PhasePreview, color: boolean, width?: number): string {
  const { session, mode, summary, universes, gates, symbols, rows, unchangedRows, warnings, membershipHash } = preview;
  const doubts = gates.filter((gate) => gate.status !== 'pass');
  return [
    bold(`Dry run of ${session}${mode === 'full' ? '' : `, mode ${mode}`}: nothing was written`, color),
    `  ${summary}`,
    ...section('Universes that would change', formatUniverses(universes, gates, width), color),
    ...section('Gates', formatGates(doubts, width), color),
    ...section('Symbols that would end or come back', formatSymbols(symbols, width), color),
    ...section('Rows of cache_entries', formatRows(rows, unchangedRows, color), color),
    ...section('Warnings', warnings.map((warning) => `  ! ${warning}`).join('\n'), color),
    '',
    `  ${dim('membership after it', color)} ${membershipHash.slice(0, 12)}`,
  ].join('\n');
}

function section(title: string, text: string, color: boolean): string[] {
  return text === '' ? [] : ['', bold(title, color), text];
}

function formatUniverses(
  universes: readonly PreviewedUniverse[],
  gates: readonly PreviewedGate[],
  width: number | undefined,
): string {
  if (universes.length === 0) return '  none';
  const ofSession = gates.filter(({ status, universe }) => status === 'hold' && universe === null);
  // Printed once, below the gates, instead of beside every universe.
  const describeHold = (heldBy: string): string =>
    ofSession.some(({ message }) => heldBy.includes(message)) ? 'held with the session' : `held: ${heldBy}`;
  return formatTable(
    [
      { title: 'universe' },
      { title: 'change' },
      { title: 'in', narrow: 'cut' },
      { title: 'out', narrow: 'cut' },
      { title: '' },
    ],
    universes.map(({ universe, added, removed, heldBy }) => [
      universe,
      formatChange(added.length, removed.length) || '–',
      formatFirst(added, PREVIEWED_SYMBOLS),
      formatFirst(removed, PREVIEWED_SYMBOLS),
      heldBy === null ? '' : describeHold(heldBy),
    ]),
    width,
  );
}

function formatGates(gates: readonly PreviewedGate[], width: number | undefined): string {
  if (gates.length === 0) return '  all pass';
  return formatTable(
    [{ title: '' }, { title: 'gate' }, { title: 'of' }, { title: 'why' }],
    gates.map(({ gate, status, universe, message }) => [
      status === 'hold' ? 'holds' : 'warns',
      gate,
      universe ?? 'the session',
      message,
    ]),
    width,
  );
}

function formatSymbols(symbols: PhasePreview['symbols'], width: number | undefined): string {
  if (symbols.length === 0) return '';
  const shown = symbols.slice(0, LISTED_ROWS);
  const more = symbols.length > shown.length ? `\n  … ${formatCount(symbols.length - shown.length)} more: --json` : '';
  const table = formatTable(
    [{ title: '' }, { title: '' }, { title: '' }],
    shown.map(({ symbol, event, reason }) => [symbol, event, reason]),
    width,
  );
  return `${table}${more}`;
}

function formatRows(rows: readonly PreviewedRow[], unchanged: number, color: boolean): string {
  if (rows.length + unchanged === 0) return '  no row would change';
  const lines = (['insert', 'update', 'delete'] as const).flatMap((action) => {
    const places = rows.filter((row) => row.action === action).map((row) => row.place);
    if (places.length === 0) return [];
    const shown = places.slice(0, LISTED_ROWS).map((place) => `    ${place}`);
    const more =
      places.length > LISTED_ROWS ? [dim(`    … ${formatCount(places.length - LISTED_ROWS)} more: --json`, color)] : [];
    return [`  ${action} ${formatCount(places.length)}`, ...shown, ...more];
  });
  return [...lines, `  unchanged ${formatCount(unchanged)}`].join('\n');
}
