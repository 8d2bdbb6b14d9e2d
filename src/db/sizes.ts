import type { Database } from './database.js';
import { READ_EXTENT, READ_SIZES, READ_UNUSED_INDEXES } from './read-sizes.sql.js';

/** Trading sessions of a year. */
const YEAR = 252;

export interface TableSize {
  readonly table: string;
  readonly rows: number;
  readonly tableBytes: number;
  readonly indexBytes: number;
  /** Whether it has rows of each session. */
  readonly grows: boolean;
  /** Both, divided by the symbols of all sessions; null before there are any. */
  readonly bytesPerSymbolSession: number | null;
}

export interface DatabaseSize {
  /** The largest first. */
  readonly tables: readonly TableSize[];
  readonly bytes: number;
  /** Sessions that are published, and the symbols of all of them together. */
  readonly sessions: number;
  readonly symbolSessions: number;
  /** Of the tables that grow. */
  readonly bytesPerSymbolSession: number | null;
  /** What a year of sessions like these adds to them. */
  readonly bytesPerYear: number | null;
  /** Indexes that nothing has used since the statistics began. */
  readonly unusedIndexes: readonly { readonly index: string; readonly table: string; readonly bytes: number }[];
}

/** The size of what a run writes. Counts are those of the statistics. */
export async function readSize({ pool }: Database): Promise<DatabaseSize> {
  const sizes = await READ_SIZES.rows(pool, {});
  const unused = await READ_UNUSED_INDEXES.rows(pool, {});
  const { sessions, symbolSessions } = (await READ_EXTENT.first(pool, {})) ?? { sessions: 0, symbolSessions: 0 };
  const perSymbolSession = (bytes: number): number | null => (symbolSessions === 0 ? null : bytes / symbolSessions);
  const tables = sizes.map((size): TableSize => {
    return { ...size, bytesPerSymbolSession: perSymbolSession(size.tableBytes + size.indexBytes) };
  });
  const sum = (some: readonly TableSize[]): number =>
    some.reduce((total, { tableBytes, indexBytes }) => total + tableBytes + indexBytes, 0);
  const growing = sum(tables.filter(({ grows }) => grows));
  return {
    tables,
    bytes: sum(tables),
    sessions,
    symbolSessions,
    bytesPerSymbolSession: perSymbolSession(growing),
    bytesPerYear: sessions === 0 ? null : (growing / sessions) * YEAR,
    unusedIndexes: unused.map(({ index, table, bytes: indexBytes }) => ({ index, table, bytes: indexBytes })),
  };
}
