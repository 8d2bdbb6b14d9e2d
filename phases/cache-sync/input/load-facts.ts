import { createHash, type Hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import type { KnownMove } from '../valuation/compare-prices.js';
import type { CountDecision } from '../valuation/cap-evidence.js';
import type { IdentityDecision } from '../valuation/renames.js';
import { Columns, type Fact } from './read-columns.js';
import { FACTS, READ_FACTS } from './read-facts.sql.js';

/** The facts of every security, in parallel lists, symbol ascending by code unit; columns with a usual value by symbol. */
export interface LoadedFacts {
  readonly symbols: readonly string[];
  readonly names: readonly Fact[];
  readonly types: readonly (string | null)[];
  readonly exchanges: readonly (string | null)[];
  readonly sectors: readonly (string | null)[];
  readonly industries: readonly (string | null)[];
  readonly shares: readonly Fact[];
  readonly marketOf: (symbol: string) => Fact;
  readonly listDateOf: (symbol: string) => Fact;
  readonly sicCodeOf: (symbol: string) => Fact;
  readonly etfTypeOf: (symbol: string) => Fact;
  readonly issuerOf: (symbol: string) => Fact;
  readonly aumOf: (symbol: string) => Fact;
  readonly cikOf: (symbol: string) => Fact;
  readonly figiOf: (symbol: string) => Fact;
  readonly decisions: readonly IdentityDecision[];
  readonly moves: ReadonlyMap<string, readonly KnownMove[]>;
  readonly countDecisions: ReadonlyMap<string, readonly CountDecision[]>;
  readonly hasOpenCaps: boolean;
  readonly listed: unknown;
  /** Hash of all facts; prices are added to it. */
  readonly hash: Hash;
}

export async function loadFacts(client: PoolClient, session: SessionDate): Promise<LoadedFacts> {
  const columns = await readFacts(client, session);
  const hash = await hashFacts(columns);
  const countDecisions = readCountDecisions(columns);
  return {
    symbols: (await columns.list('symbol')) as string[],
    names: await columns.list('name'),
    types: await columns.textList('type'),
    exchanges: await columns.textList('exchange'),
    sectors: await columns.textList('sector'),
    industries: await columns.textList('industry'),
    shares: await columns.list('shares'),
    marketOf: columns.unusual('market'),
    listDateOf: columns.unusual('list_date'),
    sicCodeOf: columns.unusual('sic_code'),
    etfTypeOf: columns.unusual('etf_type'),
    issuerOf: columns.unusual('issuer'),
    aumOf: columns.unusual('aum_millions'),
    cikOf: columns.unusual('cik'),
    figiOf: columns.unusual('figi'),
    decisions: readDecisions(columns),
    moves: readMoves(columns),
    countDecisions: groupBySymbol(countDecisions.filter(isDecided), ([, shares, isRight]) => ({ shares, isRight })),
    hasOpenCaps: !countDecisions.every(isDecided),
    listed: columns.listed,
    hash,
  };
}

type SentDecision = [kind: IdentityDecision['kind'], symbol: string, other: string, isSame: boolean | null];

function readDecisions(columns: Columns): IdentityDecision[] {
  const sent = columns.single('decisions') as readonly SentDecision[];
  return sent.map(([kind, symbol, other, isSame]) => ({ kind, symbol, other, isSame }));
}

type SentMove = [symbol: string, isToday: boolean, ratio: number | null, state: KnownMove['state']];

function readMoves(columns: Columns): Map<string, KnownMove[]> {
  const sent = columns.single('moves') as readonly SentMove[];
  return groupBySymbol(sent, ([, isToday, ratio, state]) => ({ isToday, ratio, state }));
}

type SentCountDecision = [symbol: string, shares: number, isRight: boolean | null];

function readCountDecisions(columns: Columns): readonly SentCountDecision[] {
  return columns.single('count_decisions') as readonly SentCountDecision[];
}

function isDecided(decision: SentCountDecision): decision is [string, number, boolean] {
  return decision[2] !== null;
}

function groupBySymbol<Row extends readonly [symbol: string, ...unknown[]], Value>(
  rows: readonly Row[],
  toValue: (row: Row) => Value,
): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const row of rows) {
    const own = groups.get(row[0]) ?? [];
    groups.set(row[0], own);
    own.push(toValue(row));
  }
  return groups;
}

/** The facts as the database sent them, for a hash only. */
export async function readFacts(client: PoolClient, session: SessionDate): Promise<Columns> {
  return Columns.read(client, READ_FACTS, FACTS, session);
}

/** Of a hash to which prices are added. */
export async function hashFacts(columns: Columns): Promise<Hash> {
  const hash = createHash('sha256');
  await columns.hashInto(hash, [...FACTS.lists, ...Object.keys(FACTS.unusual)]);
  // An open exception is a result of the session, not an input.
  const decided = readDecisions(columns).filter(({ isSame }) => isSame !== null);
  if (decided.length > 0) hash.update(JSON.stringify(decided));
  const said = { moves: columns.single('moves') as SentMove[], counts: readCountDecisions(columns).filter(isDecided) };
  for (const [name, sent] of Object.entries(said)) if (sent.length > 0) hash.update(JSON.stringify([name, sent]));
  return hash;
}
