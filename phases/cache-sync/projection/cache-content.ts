import type { CacheTable } from './layout.js';

/** What one row of `cache_entries` says, in a form in which two rows can be compared whatever their layout. */
export interface CacheContent {
  /** How the content is built, for example `value: object with count, stocks`. */
  readonly form: string;
  /** Tickers in the order the row has them. */
  readonly symbols: readonly string[];
  /** Ticker → what the row says of it; empty where it only lists tickers. */
  readonly facts: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** Everything else by its path, such as `overview.total_stocks`; times of writing are left out. */
  readonly fields: ReadonlyMap<string, unknown>;
}

/** Fields that say when a row was written. */
const TIMES = new Set(['last_updated', 'last_update', 'updated_at', 'created_at', 'generated_at', 'timestamp']);

const LISTS = new Set(['stocks', 'etfs', 'symbols']);

/**
 * Takes a row's values apart.
 *
 * Shape: texts in the order of the layout's content columns; null for what the table has no value for.
 * Edges: a value of any other form than those this product writes is all fields, and no symbols.
 */
export function parseContent({ content }: CacheTable, texts: readonly (string | null)[]): CacheContent {
  const symbols: string[] = [];
  const facts = new Map<string, Record<string, unknown>>();
  const fields = new Map<string, unknown>();
  const addMember = (member: unknown): boolean => {
    const symbol = toSymbol(member);
    if (symbol === undefined) return false;
    symbols.push(symbol);
    if (isMapping(member)) facts.set(symbol, member);
    return true;
  };
  const addField = (path: string, name: string, value: unknown): void => {
    if (TIMES.has(name)) return;
    if (isMapping(value)) {
      for (const [inner, part] of Object.entries(value)) addField(`${path}.${inner}`, inner, part);
    } else if (!(LISTS.has(name) && Array.isArray(value) && value.every(addMember))) {
      fields.set(path, value);
    }
  };
  const forms = content.map(({ column, type }, index) => {
    const text = texts[index] ?? null;
    const value: unknown = type === 'text' || text === null ? text : JSON.parse(text);
    if (Array.isArray(value) && value.every((member) => toSymbol(member) !== undefined)) value.forEach(addMember);
    else if (isMapping(value)) for (const [name, part] of Object.entries(value)) addField(name, name, part);
    else addField(column, column, value);
    return `${column}: ${describeForm(value)}`;
  });
  return { form: forms.join('; '), symbols, facts, fields };
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

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
