import type { CacheTable } from './layout.js';
import { isMapping } from '../../../src/core/is-mapping.js';

/** The content of one row of `cache_entries`, in a form in which rows can be compared in every layout. */
export interface CacheContent {
  /** The structure of the content, for example `value: object with count, stocks`. */
  readonly form: string;
  /** Tickers in the order of the row. */
  readonly symbols: readonly string[];
  /** Ticker → its data in the row; empty for a plain list of tickers. */
  readonly facts: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** Everything else by its path, such as `overview.total_stocks`; times of writing are left out. */
  readonly fields: ReadonlyMap<string, unknown>;
}

/** Fields with the time of writing. */
const TIMES = new Set(['last_updated', 'last_update', 'updated_at', 'created_at', 'generated_at', 'timestamp']);

/**
 * Fields that list members, in the order in which their members are joined. The order of the fields in the value has no meaning: jsonb
 * sorts short names before long ones, so `etfs` is read before `stocks`.
 */
const LISTS = ['stocks', 'etfs', 'symbols'];

/**
 * Splits the values of a row.
 *
 * Shape: texts in the order of the layout's content columns; null for columns without a value.
 * Edges: a value of a form that this product does not write is all fields, without symbols.
 */
export function parseContent({ content }: CacheTable, texts: readonly (string | null)[]): CacheContent {
  const members: unknown[][] = [];
  const fields = new Map<string, unknown>();
  const addField = (path: string, name: string, value: unknown): void => {
    if (TIMES.has(name)) return;
    if (isMapping(value)) addFields(value, `${path}.`);
    else if (LISTS.includes(name) && isMemberList(value)) members.push(value);
    else fields.set(path, value);
  };
  const addFields = (mapping: Readonly<Record<string, unknown>>, prefix = ''): void => {
    const names = Object.keys(mapping).toSorted((left, right) => LISTS.indexOf(left) - LISTS.indexOf(right));
    for (const name of names) addField(prefix + name, name, mapping[name]);
  };
  const forms = content.map(({ column, type }, index) => {
    const text = texts[index] ?? null;
    const value: unknown = type === 'text' || text === null ? text : JSON.parse(text);
    if (isMemberList(value)) members.push(value);
    else if (isMapping(value)) addFields(value);
    else addField(column, column, value);
    return `${column}: ${describeForm(value)}`;
  });
  return { form: forms.join('; '), ...toMembers(members.flat()), fields };
}

function toMembers(members: readonly unknown[]): Pick<CacheContent, 'symbols' | 'facts'> {
  const symbols: string[] = [];
  const facts = new Map<string, Record<string, unknown>>();
  for (const member of members) {
    const symbol = toSymbol(member);
    if (symbol === undefined) continue;
    symbols.push(symbol);
    if (isMapping(member)) facts.set(symbol, member);
  }
  return { symbols, facts };
}

function isMemberList(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.every((member) => toSymbol(member) !== undefined);
}

function toSymbol(member: unknown): string | undefined {
  if (typeof member === 'string') return member;
  if (!isMapping(member)) return undefined;
  const symbol = member['ticker'] ?? member['symbol'];
  return typeof symbol === 'string' ? symbol : undefined;
}

function describeForm(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) {
    if (value.length === 0) return 'list';
    return value.every((member) => typeof member === 'string') ? 'list' : 'list of objects';
  }
  if (!isMapping(value)) return typeof value;
  const names = Object.keys(value).filter((name) => !TIMES.has(name));
  return `object with ${names.toSorted().join(', ') || 'no fields'}`;
}
