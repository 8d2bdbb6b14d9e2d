import pg from 'pg';
import type { Config } from '../../../src/config/schema/index.js';
import type { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { Database, Transaction } from '../../../src/db/database.js';
import { readStandingApprovals, type ApprovedHold } from '../holds/approve-holds.js';
import type { OpenUniverse } from '../membership/compare-memberships.js';
import { readOpenUniverses } from '../membership/open-universes.js';
import type { CacheLayout } from '../projection/layout.js';
import { detectLayout } from '../projection/layouts/index.js';
import { readCacheConfig } from '../settings/cache-config.js';
import type { SicMapping } from '../settings/sic-mapping.js';
import { readTableColumns } from '../../../src/db/table-columns.js';
import { EXPORT_SNAPSHOT } from './export-snapshot.sql.js';
import { fillSectors } from './fill-sectors.js';
import { loadFacts, readFacts } from './load-facts.js';
import { hashMarket, joinMarket, loadMarket, loadPrices, readPrices, type LoadedMarket } from './load-market.js';
import { completeBars, hashInput, readSyncPast, type SyncPast } from './sync-input.js';

/** What the phase works with, whatever it is asked to do. */
export interface SyncParts {
  readonly database: Database;
  readonly config: Config;
  readonly calendar: TradingCalendar;
}

type Client = Transaction['client'];

/** First statement of a transaction that `readSync` is to read in: all of it sees the same rows. */
export const READ_REPEATABLY = 'set transaction isolation level repeatable read';

/** What applies to every session of a publish. */
export interface SyncSettings {
  readonly layout: CacheLayout;
  /** As the database's own rows override it. */
  readonly config: Config;
  readonly warnings: readonly string[];
  readonly sicMapping: SicMapping;
}

/** A session's own input. */
export interface SessionRead {
  readonly loaded: LoadedMarket;
  readonly inputHash: string;
}

/** An evening's input, and what it is judged by where that was wanted at once. */
export interface ReadSync extends SyncSettings, SessionRead {
  /** The membership as readers see it. */
  readonly open: readonly OpenUniverse[];
  /** Holds that were approved before, with the same input. */
  readonly standing: readonly ApprovedHold[];
  readonly past: SyncPast | undefined;
}

/**
 * Reads the session's input and what it is judged by, on two connections with the same snapshot: the server has a core for each while this process
 * waits.
 *
 * @param client in a transaction that began with `READ_REPEATABLY`
 * @param wantsPast false where the input mostly turns out to be the same as before, and nothing is to be judged
 */
export async function readSync(
  client: Client,
  parts: SyncParts,
  session: SessionDate,
  wantsPast: boolean,
  signal?: AbortSignal,
): Promise<ReadSync> {
  const beside = await startReading(client, parts, session, loadFacts, signal);
  const prices = loadPrices(client, session);
  // Whatever fails: no statement may be under way when the transaction ends.
  await Promise.allSettled([beside.published, prices]);
  const published = await beside.published;
  const past = wantsPast ? readSyncPast(client, session, published.config, parts.calendar) : undefined;
  const market = beside.facts.then(async (facts) => joinMarket(facts, await prices));
  await Promise.allSettled([past, market]);
  return finishReading(client, session, await market, published, await past);
}

/** The hash of the session's input without the input, and what was published: nothing is parsed or judged. */
export async function readInputHash(
  client: Client,
  parts: SyncParts,
  session: SessionDate,
  signal?: AbortSignal,
): Promise<SyncSettings & { readonly inputHash: string; readonly open: readonly OpenUniverse[] }> {
  const beside = await startReading(client, parts, session, readFacts, signal);
  const prices = readPrices(client, session);
  await Promise.allSettled([beside.facts, prices]);
  const { layout, config, warnings, sicMapping, open } = await beside.published;
  const hash = await hashMarket(await beside.facts, await prices);
  return { layout, config, warnings, sicMapping, open, inputHash: hashInput(session, config, hash) };
}

/** The same on one connection, without the past. */
export async function readSyncAlone(client: Client, parts: SyncParts, session: SessionDate): Promise<ReadSync> {
  const market = await loadMarket(client, session);
  return finishReading(client, session, market, await readPublished(client, parts, session), undefined);
}

/** One session's input, of any session that was recorded. */
export async function readSession(
  client: Client,
  session: SessionDate,
  { config, sicMapping }: Pick<SyncSettings, 'config' | 'sicMapping'>,
): Promise<SessionRead> {
  return completeSession(client, session, await loadMarket(client, session), config, sicMapping);
}

async function finishReading(
  client: Client,
  session: SessionDate,
  market: LoadedMarket,
  { approvals, ...published }: Published,
  past: SyncPast | undefined,
): Promise<ReadSync> {
  const read = await completeSession(client, session, market, published.config, published.sicMapping);
  return { ...published, ...read, standing: approvals.withInput(read.inputHash), past };
}

async function completeSession(
  client: Client,
  session: SessionDate,
  market: LoadedMarket,
  config: Config,
  sicMapping: SicMapping,
): Promise<SessionRead> {
  const bars = await completeBars(client, session, config, market.bars);
  const loaded = fillSectors({ ...market, bars }, sicMapping);
  return { loaded, inputHash: hashInput(session, config, loaded.inputHash) };
}

/** On another connection: what was published, and then what takes the server as long as the prices. */
async function startReading<Facts>(
  client: Client,
  parts: SyncParts,
  session: SessionDate,
  readFactsOf: (client: Client, session: SessionDate) => Promise<Facts>,
  signal?: AbortSignal,
) {
  const exported = await EXPORT_SNAPSHOT.first(client, {});
  const snapshot = pg.escapeLiteral(exported?.snapshot ?? '');
  let onPublished: (published: Published) => void = () => undefined;
  const early = new Promise<Published>((resolve) => (onPublished = resolve));
  const reading = parts.database.transaction(async ({ client: other }) => {
    await other.query(`${READ_REPEATABLY}; set transaction snapshot ${snapshot}`);
    const published = await readPublished(other, parts, session);
    onPublished(published);
    return { published, facts: await readFactsOf(other, session) };
  }, signal);
  const facts = reading.then((read) => read.facts);
  facts.catch(() => undefined);
  return { published: Promise.race([early, reading.then((read) => read.published)]), facts };
}

type Published = Awaited<ReturnType<typeof readPublished>>;

/** What was published, and the configuration as the database's own rows override it. */
async function readPublished(client: Client, parts: SyncParts, session: SessionDate) {
  return {
    ...(await readSettings(client, parts.config)),
    open: await readOpenUniverses(client),
    approvals: await readStandingApprovals(client, session),
  };
}

/** @throws EOD_DB_SCHEMA when `cache_entries` has no layout that is known */
export async function readSettings(client: Client, config: Config): Promise<SyncSettings> {
  const layout = await readLayout(client);
  return { layout, ...(await readCacheConfig(client, config, layout)) };
}

async function readLayout(client: Client): Promise<CacheLayout> {
  const columns = await readTableColumns(client, 'public.cache_entries');
  return detectLayout(columns.map(({ name }) => name));
}
