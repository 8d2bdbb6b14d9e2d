import type { Config } from '../../../src/config/schema/index.js';
import type { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { Database, Transaction } from '../../../src/db/database.js';
import { readStandingApprovals, type ApprovedHold } from '../holds/approve-holds.js';
import type { OpenUniverse } from '../membership/compare-memberships.js';
import { readOpenUniverses } from '../membership/open-universes.js';
import { readGroupTables, type GroupTables } from '../groups/group-tables.js';
import { readAliases, withAliases } from '../projection/aliases.js';
import type { CacheLayout } from '../projection/layout.js';
import { detectLayout } from '../projection/layouts/index.js';
import { keyed, keyedByName } from '../projection/layouts/keyed.js';
import { readCacheConfig } from '../settings/cache-config.js';
import type { IgnoredRow } from '../settings/config-row.js';
import type { SicMapping } from '../settings/sic-mapping.js';
import type { SyncUnits } from '../units.js';
import { readTableColumns } from '../../../src/db/table-columns.js';
import { EXPORT_SNAPSHOT } from './export-snapshot.sql.js';
import { fillSectors } from './fill-sectors.js';
import { loadFacts, readFacts } from './load-facts.js';
import { hashMarket, joinMarket, loadMarket, loadPrices, readPrices, type LoadedMarket } from './load-market.js';
import { loadPastFigures } from './load-past.js';
import { completeBars, hashInput, joinPast, readJudgedPast, type SyncPast } from './sync-input.js';

/** The dependencies of the phase, common to runs, previews and replays. */
export interface SyncParts {
  readonly database: Database;
  readonly config: Config;
  readonly calendar: TradingCalendar;
  readonly units: SyncUnits;
}

type Client = Transaction['client'];

/** Of a transaction in which `readSync` reads. */
export const REPEATABLE = { isolation: 'repeatable read' } as const;

/** Common to all sessions of a publish. */
export interface SyncSettings {
  readonly layout: CacheLayout;
  /** The tables of groups; absent where the database has none. */
  readonly groups: GroupTables | undefined;
  /** The configuration with the overrides stored in the database. */
  readonly config: Config;
  readonly warnings: readonly string[];
  readonly ignored: readonly IgnoredRow[];
  readonly sicMapping: SicMapping;
  readonly units: SyncUnits;
}

/** The input of one session. */
export interface SessionRead {
  readonly loaded: LoadedMarket;
  readonly inputHash: string;
}

/** The input of an evening, with the past if it was requested. */
export interface ReadSync extends SyncSettings, SessionRead {
  /** The membership as readers see it. */
  readonly open: readonly OpenUniverse[];
  /** Holds that were approved before, for the same input. */
  readonly standing: readonly ApprovedHold[];
  readonly past: SyncPast | undefined;
}

/**
 * Reads the input of the session and the past it is judged by, on two connections with the same snapshot: the server uses two cores while
 * this process waits.
 *
 * @param client in a transaction that is `REPEATABLE`
 * @param wantsPast false when the input has most likely not changed, so that nothing is judged
 */
export async function readSync(
  client: Client,
  parts: SyncParts,
  session: SessionDate,
  wantsPast: boolean,
  signal?: AbortSignal,
): Promise<ReadSync> {
  const beside = await startBeside(client, parts.database, signal, (other) => {
    const published = readPublished(other, parts, session);
    return {
      published,
      facts: published.then(() => loadFacts(other, session)),
      figures: published.then(() => (wantsPast ? loadPastFigures(other, session) : undefined)),
    };
  });
  const prices = loadPrices(client, session);
  // On failure no statement may be running when the transaction ends.
  await Promise.allSettled([beside.published, prices]);
  const published = await beside.published;
  const judged = wantsPast ? readJudgedPast(client, session, published.config, parts.calendar) : undefined;
  const market = beside.facts.then(async (facts) => joinMarket(facts, await prices));
  await Promise.allSettled([judged, market, beside.ended]);
  const [past, figures] = [await judged, await beside.figures];
  return finishReading(client, session, await market, published, past && figures && joinPast(past, figures));
}

/** The hash of the session's input without parsing it, and what was published. */
export async function readInputHash(
  client: Client,
  parts: SyncParts,
  session: SessionDate,
  signal?: AbortSignal,
): Promise<SyncSettings & { readonly inputHash: string; readonly open: readonly OpenUniverse[] }> {
  const beside = await startBeside(client, parts.database, signal, (other) => {
    const settings = readSettings(other, parts);
    return { settings, facts: settings.then(() => readFacts(other, session)) };
  });
  const prices = readPrices(client, session);
  const open = readOpenUniverses(client);
  await Promise.allSettled([prices, open, beside.ended]);
  const settings = await beside.settings;
  const hash = await hashMarket(await beside.facts, await prices);
  return { ...settings, open: await open, inputHash: hashInput(session, settings.config, hash, settings.units) };
}

/** The same on one connection, without the past. */
export async function readSyncAlone(client: Client, parts: SyncParts, session: SessionDate): Promise<ReadSync> {
  const market = await loadMarket(client, session);
  return finishReading(client, session, market, await readPublished(client, parts, session), undefined);
}

/** The input of any recorded session. */
export async function readSession(
  client: Client,
  session: SessionDate,
  settings: DecidingSettings,
): Promise<SessionRead> {
  return completeSession(client, session, await loadMarket(client, session), settings);
}

async function finishReading(
  client: Client,
  session: SessionDate,
  market: LoadedMarket,
  { approvals, ...published }: Published,
  past: SyncPast | undefined,
): Promise<ReadSync> {
  const read = await completeSession(client, session, market, published);
  return { ...published, ...read, standing: approvals.withInput(read.inputHash), past };
}

async function completeSession(
  client: Client,
  session: SessionDate,
  market: LoadedMarket,
  { config, sicMapping, units }: DecidingSettings,
): Promise<SessionRead> {
  const bars = await completeBars(client, session, config, market.bars);
  const loaded = fillSectors({ ...market, bars }, sicMapping);
  return { loaded, inputHash: hashInput(session, config, loaded.inputHash, units) };
}

type DecidingSettings = Pick<SyncSettings, 'config' | 'sicMapping' | 'units'>;

type Promises<Read> = { readonly [Name in keyof Read]: Promise<Read[Name]> };

/**
 * Starts to read on another connection, with the snapshot of this one. The statements run in the order they are started.
 * @returns what was started, and a promise that settles when the other transaction has ended
 */
async function startBeside<Read>(
  client: Client,
  database: Database,
  signal: AbortSignal | undefined,
  start: (other: Client) => Promises<Read>,
): Promise<Promises<Read> & { readonly ended: Promise<void> }> {
  const exported = await EXPORT_SNAPSHOT.first(client, {});
  const snapshot = exported?.snapshot ?? '';
  return new Promise((resolve, reject) => {
    const read = async ({ client: other }: Transaction): Promise<void> => {
      const started = start(other);
      resolve({ ...started, ended });
      await Promise.all(Object.values(started));
    };
    const ended: Promise<void> = database.transaction(read, signal, { ...REPEATABLE, snapshot });
    ended.catch(reject);
  });
}

type Published = Awaited<ReturnType<typeof readPublished>>;

type LayoutParts = Pick<SyncParts, 'config' | 'units'>;

/** What was published, and the configuration with the overrides stored in the database. */
async function readPublished(client: Client, parts: SyncParts, session: SessionDate) {
  return {
    ...(await readSettings(client, parts)),
    open: await readOpenUniverses(client),
    approvals: await readStandingApprovals(client, session),
  };
}

/** @throws EOD_DB_SCHEMA when `cache_entries` has an unknown layout */
export async function readSettings(client: Client, parts: LayoutParts): Promise<SyncSettings> {
  const { config, units } = parts;
  const layout = await readLayout(client, parts);
  const { groups, warnings } = await readGroupTables(client);
  const settings = await readCacheConfig(client, config, layout);
  return { layout, groups, units, ...settings, warnings: [...settings.warnings, ...warnings] };
}

/** @throws EOD_DB_SCHEMA when `cache_entries` has an unknown layout */
export async function readLayout(client: Client, { config: { universes }, units }: LayoutParts): Promise<CacheLayout> {
  const columns = await readTableColumns(client, 'public.cache_entries');
  const layout = detectLayout(
    columns.map(({ name }) => name),
    units.layouts,
  );
  return withAliases(layout === keyed && universes.namesInKeys ? keyedByName : layout, await readAliases(client));
}
