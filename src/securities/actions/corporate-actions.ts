import type { TradingCalendar } from '../../core/calendar.js';
import { PipelineError } from '../../core/errors.js';
import { parseSessionDate, type SessionDate } from '../../core/session.js';
import type { Database, Transaction } from '../../db/database.js';
import { toNumber } from '../../db/tables.js';
import { explainsMove } from './judge-move.js';
import { entrySchema, type ActionEntry, type EnteredKind } from './action-entry.js';
import {
  ADD_ACTIONS,
  END_REPLACED,
  LIST_RESTATED,
  READ_ACTIONS,
  READ_CLOSES_AROUND,
  REOPEN_EXCEPTION,
  SETTLE_EXCEPTIONS,
  WITHDRAW_ACTION,
} from './corporate-actions.sql.js';

export type { ActionEntry, EnteredKind } from './action-entry.js';

/** A corporate action of a security. */
export interface CorporateAction {
  readonly id: number;
  /** Ticker in the session. */
  readonly symbol: string;
  /** First session with the new price. */
  readonly session: SessionDate;
  /** `distribution`: a cash dividend or a spin-off, derived from prices, which do not tell them apart. */
  readonly kind: EnteredKind | 'distribution';
  /** Shares that `oldShares` became: 10 for a split of 10:1. */
  readonly newShares: number | null;
  readonly oldShares: number | null;
  /** USD a share. */
  readonly amountUsd: number | null;
  readonly source: 'derived' | 'file' | 'person';
  readonly enteredBy: string | null;
  /** Figures that it was derived from. */
  readonly evidence: unknown;
  /** UTC. */
  readonly knownFrom: string;
  /** UTC; null: it is known. */
  readonly knownTo: string | null;
}

/** Which actions are asked for. */
export interface ActionFilter {
  readonly symbol?: string | undefined;
  readonly since?: SessionDate | undefined;
  /** Withdrawn and superseded ones too. Default: false. */
  readonly all?: boolean | undefined;
  readonly limit: number;
}

/** Who enters actions, and from where. */
export interface ActionEntryOptions {
  readonly by: string;
  readonly source: 'file' | 'person';
  readonly at: Date;
  /** Record also what the stored closes contradict. */
  readonly force?: boolean | undefined;
  /** Default: no event. */
  readonly announce?: AnnounceRestated | undefined;
}

/** A change of what stored bars count after it; see the event `bars_restated`. */
interface Restatement {
  /** Present ticker. */
  readonly symbol: string;
  readonly session: SessionDate;
  readonly kind: string;
  /** new:old shares; empty for an action without. */
  readonly ratio: string;
  readonly adjusted: 'split' | 'total';
  readonly change: 'recorded' | 'withdrawn';
}

/** Writes what changed into the transaction of the change, as its last statement. */
export type AnnounceRestated = (
  client: Transaction['client'],
  restated: readonly Restatement[],
  at: Date,
) => Promise<void>;

/** Actions, newest session first. */
export async function readActions(
  database: Database,
  { symbol, since, all = false, limit }: ActionFilter,
): Promise<CorporateAction[]> {
  const rows = await READ_ACTIONS.rows(database.pool, { symbol: symbol ?? null, since: since ?? null, all, limit });
  return rows.map(({ newShares, oldShares, amountUsd, id, kind, source, ...row }) => ({
    ...row,
    id: Number(id),
    kind: kind as CorporateAction['kind'],
    source: source as CorporateAction['source'],
    newShares: newShares === null ? null : toNumber(newShares),
    oldShares: oldShares === null ? null : toNumber(oldShares),
    amountUsd: amountUsd === null ? null : toNumber(amountUsd),
  }));
}

/**
 * Records actions, all or none. An action takes the place of an entered one of the same security, session and sort, and settles the exception of
 * its session. Recording the same again changes nothing.
 *
 * @returns how many were recorded
 * @throws EOD_ACTION_INVALID with every problem: a field that is not valid, no trading session, a symbol without bars, a ratio that the
 * stored closes contradict
 */
export async function addActions(
  database: Database,
  calendar: TradingCalendar,
  entries: readonly ActionEntry[],
  { by, source, at, force = false, announce }: ActionEntryOptions,
): Promise<number> {
  const problems: string[] = [];
  const parsed = entries.flatMap((entry, index) => {
    const place = entries.length === 1 ? '' : `row ${index + 1}: `;
    const checked = entrySchema.safeParse(entry);
    if (checked.success) {
      const session = toSession(checked.data.session, calendar);
      if (session !== undefined) return [{ ...checked.data, session, place }];
      problems.push(`${place}session "${checked.data.session}" is no trading session (YYYY-MM-DD)`);
      return [];
    }
    for (const { path, message } of checked.error.issues) problems.push(`${place}${toColumn(path)} ${message}`);
    return [];
  });
  return database.transaction(async ({ client }) => {
    const around = await READ_CLOSES_AROUND.rows(client, {
      symbols: parsed.map(({ symbol }) => symbol),
      sessions: parsed.map(({ session }) => session),
    });
    for (const [index, entry] of parsed.entries()) {
      const problem = findProblem(entry, around[index], force);
      if (problem !== undefined) problems.push(`${entry.place}${problem}`);
    }
    if (problems.length > 0) throw invalid(problems, entries.length);
    const recorded = {
      symbols: parsed.map(({ symbol }) => symbol),
      sessions: parsed.map(({ session }) => session),
      kinds: parsed.map(({ kind }) => kind),
      newShares: parsed.map(({ ratio }) => ratio?.[0] ?? null),
      oldShares: parsed.map(({ ratio }) => ratio?.[1] ?? null),
      amounts: parsed.map(({ amountUsd }) => amountUsd ?? null),
      at,
    };
    await END_REPLACED.write(client, recorded);
    const added = await ADD_ACTIONS.write(client, { ...recorded, by, source });
    await SETTLE_EXCEPTIONS.write(client, { ...recorded, by });
    if (added > 0) await announce?.(client, await LIST_RESTATED.rows(client, { at }), at);
    return added;
  });
}

/**
 * Withdraws an action that was entered; the exception that it settled is open again. A derived one cannot be withdrawn, because it would be
 * derived again: an entry of `none` takes its place.
 *
 * @throws EOD_ACTION_UNKNOWN when it does not exist, is not known any more, or is derived
 */
export async function withdrawAction(
  database: Database,
  id: number,
  { by, at, announce }: Pick<ActionEntryOptions, 'by' | 'at' | 'announce'>,
): Promise<void> {
  await database.transaction(async ({ client }: Transaction) => {
    const withdrawn = await WITHDRAW_ACTION.first(client, { id, by, at });
    if (withdrawn === undefined) {
      throw new PipelineError('EOD_ACTION_UNKNOWN', `there is no entered corporate action ${id} that is known now`, {
        hint: '`tickstock actions` lists them; a derived one is replaced by `tickstock actions add SYMBOL SESSION none`',
      });
    }
    await REOPEN_EXCEPTION.write(client, withdrawn);
    await announce?.(client, await LIST_RESTATED.rows(client, { at }), at);
  });
}

interface ParsedEntry {
  readonly symbol: string;
  readonly session: SessionDate;
  readonly ratio?: number[] | undefined;
}

function findProblem(
  { symbol, session, ratio }: ParsedEntry,
  around:
    { readonly close: number | null; readonly previousClose: number | null; readonly isKnown: boolean } | undefined,
  force: boolean,
): string | undefined {
  if (around === undefined || !around.isKnown) return `${symbol} has no bars`;
  const { close, previousClose } = around;
  const [newShares = 1, oldShares = 1] = ratio ?? [];
  if (force || ratio === undefined || close === null || previousClose === null) return undefined;
  if (explainsMove({ newShares, oldShares }, close, previousClose)) return undefined;
  return (
    `${symbol} went from ${previousClose} to ${close} on ${session}, which ${newShares}:${oldShares} does not explain: ` +
    'is it another session, or the ratio the other way round?'
  );
}

function toSession(text: string, calendar: TradingCalendar): SessionDate | undefined {
  try {
    const session = parseSessionDate(text);
    return calendar.isSession(session) ? session : undefined;
  } catch {
    return undefined;
  }
}

function toColumn(path: readonly PropertyKey[]): string {
  return String(path[0] ?? 'the entry') === 'amountUsd' ? 'amount_usd' : String(path[0] ?? 'the entry');
}

const SHOWN_PROBLEMS = 20;
const CONTRADICTED = /does not explain/;

function invalid(problems: readonly string[], entries: number): PipelineError {
  const shown = problems.slice(0, SHOWN_PROBLEMS).join('\n  ');
  const more = problems.length > SHOWN_PROBLEMS ? `\n  and ${problems.length - SHOWN_PROBLEMS} more` : '';
  return new PipelineError(
    'EOD_ACTION_INVALID',
    entries === 1 ? problems.join('; ') : `nothing was recorded:\n  ${shown}${more}`,
    {
      hint: CONTRADICTED.test(problems.join('\n'))
        ? 'correct the session or the ratio; to record it although the closes contradict it, use --force'
        : 'nothing was recorded; correct it and enter it again',
      context: { problems: problems.slice(0, SHOWN_PROBLEMS), count: problems.length },
    },
  );
}
