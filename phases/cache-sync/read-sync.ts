import type { Config } from '../../src/config/schema.js';
import type { TradingCalendar } from '../../src/core/calendar.js';
import type { SessionDate } from '../../src/core/session.js';
import type { Database, Transaction } from '../../src/db/database.js';
import { readStandingApprovals, type ApprovedHold } from './approve-holds.js';
import { readCacheConfig } from './cache-config.js';
import type { OpenUniverse } from './compare-memberships.js';
import type { CacheLayout } from './layout.js';
import { detectLayout } from './layouts/index.js';
import { hashQuotes, loadMarket, type LoadedMarket } from './load-market.js';
import { readOpenUniverses } from './open-universes.js';
import { fillSectors } from './fill-sectors.js';
import { hashInput, readMeasures, readMembersSince, readSyncPast, type SyncPast } from './sync-input.js';

/** What the phase works with, whatever it is asked to do. */
export interface SyncParts {
  readonly database: Database;
  readonly config: Config;
  readonly calendar: TradingCalendar;
}

type Client = Transaction['client'];

/** A session's input, and what it is judged by where that was wanted at once. */
export interface ReadSync {
  readonly layout: CacheLayout;
  /** As the database's own rows override it. */
  readonly config: Config;
  readonly warnings: readonly string[];
  readonly open: readonly OpenUniverse[];
  readonly loaded: LoadedMarket;
  readonly inputHash: string;
  /** Holds that were let through before, with the same input. */
  readonly standing: readonly ApprovedHold[];
  readonly past: SyncPast | undefined;
}

/**
 * Reads the session's input and what it is judged by, on three connections at once: the server has a core for each while this process waits, and
 * one after the other they took 45 ms more of an evening.
 *
 * @param wantsPast false where mostly the input turns out to be the same as before, and nothing is to be judged
 */
export async function readSync(
  client: Client,
  parts: SyncParts,
  session: SessionDate,
  wantsPast: boolean,
  options: { readonly signal?: AbortSignal | undefined; readonly onLoaded?: (securities: number) => void } = {},
): Promise<ReadSync> {
  const beside = wantsPast ? startReading(parts, session, options.signal) : undefined;
  const layout = await readLayout(client);
  const { config, warnings, sicMapping } = await readCacheConfig(client, parts.config, layout);
  const market = await loadMarket(client, session, 'current', options.onLoaded ?? (() => undefined));
  const loaded = fillSectors(market, sicMapping);
  const { past, ...published } = (await beside) ?? { past: undefined, ...(await readPublished(client, session)) };
  const { open, quotesHash, approvals } = published;
  const inputHash = hashInput(session, config, loaded, quotesHash);
  const standing = approvals.withInput(inputHash);
  const since = past && (await readMembersSince(client, config, open));
  return { layout, config, warnings, open, loaded, inputHash, standing, past: past && since && { ...past, since } };
}

/** What needs nothing of what the first connection reads. The rows of `cache_config` override none of the settings that this goes by. */
function startReading({ database, config, calendar }: SyncParts, session: SessionDate, signal?: AbortSignal) {
  const measures = database.transaction(({ client }) => readMeasures(client, session, config, calendar), signal);
  const reading = database.transaction(
    async ({ client }) => ({
      ...(await readPublished(client, session)),
      past: { ...(await readSyncPast(client, session, config, calendar)), measures },
    }),
    signal,
  );
  // Reported where they are awaited; until then a failure must not end the process as an unhandled one.
  measures.catch(() => undefined);
  reading.catch(() => undefined);
  return reading;
}

async function readPublished(client: Client, session: SessionDate) {
  return {
    open: await readOpenUniverses(client),
    quotesHash: await hashQuotes(client, session),
    approvals: await readStandingApprovals(client, session),
  };
}

/** In a transaction of its own. */
export async function readPast(
  parts: SyncParts,
  session: SessionDate,
  open: readonly OpenUniverse[],
  signal?: AbortSignal,
): Promise<SyncPast> {
  return parts.database.transaction(({ client }) => readPastIn(client, parts, session, open), signal);
}

/** What a session is judged by, on one connection. */
export async function readPastIn(
  client: Client,
  { config, calendar }: Pick<SyncParts, 'config' | 'calendar'>,
  session: SessionDate,
  open: readonly OpenUniverse[],
): Promise<SyncPast> {
  const measures = await readMeasures(client, session, config, calendar);
  const past = await readSyncPast(client, session, config, calendar);
  return { ...past, measures, since: await readMembersSince(client, config, open) };
}

/** @throws EOD_DB_SCHEMA when `cache_entries` has no layout that is known */
export async function readLayout(client: Client): Promise<CacheLayout> {
  const { rows } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute
     where attrelid = to_regclass('public.cache_entries') and attnum > 0 and not attisdropped
     order by attnum`,
  );
  return detectLayout(rows.map((row) => row.name));
}
