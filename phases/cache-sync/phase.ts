import { setImmediate } from 'node:timers/promises';
import { inject, injectable } from 'tsyringe';
import type { Config } from '../../src/config/schema.js';
import type { TradingCalendar } from '../../src/core/calendar.js';
import { PipelineError } from '../../src/core/errors.js';
import type { Phase, PhaseContext, PhaseReport, TaskProgress } from '../../src/core/phase.js';
import type { SessionDate } from '../../src/core/session.js';
import { VERSION } from '../../src/core/version.js';
import type { Database, Transaction } from '../../src/db/database.js';
import { TOKENS } from '../../src/tokens.js';
import { compareMemberships, type Comparison, type OpenUniverse } from './compare-memberships.js';
import type { CacheLayout } from './layout.js';
import { detectLayout } from './layouts/index.js';
import { loadMarket, type LoadedMarket } from './load-market.js';
import type { Market } from './market.js';
import { hashMemberships } from './membership-hash.js';
import { hashText } from './hash-text.js';
import { readOpenUniverses, writeUniverses } from './open-universes.js';
import { readLastSync, readNewestSession, type LastSync } from './last-sync.js';
import { describeSync, describeUnchanged } from './report.js';
import { RULES } from './rules/index.js';
import { selectUniverses, toUniverseName } from './select-universes.js';
import { valueStocks } from './value-stocks.js';
import { writeHolds, writeMembershipChanges } from './write-memberships.js';
import { isProjectionUntouched, writeProjection } from './write-projection.js';
import { rewriteMarketCaps, writeValuations } from './write-valuations.js';

/**
 * Phase 2.5: who belongs to which universe tonight, published at once.
 *
 *  1. Load every active security with its newest close, in one statement (`load-market.ts`). The same input as the last time and nobody
 *     having touched the published rows: done, nothing is written.
 *  2. Value and rank: close × shares, else the source's market cap (`value-stocks.ts`).
 *  3. Apply the rules, one pass each over the ranked stocks (`rules/`, `select-universes.ts`).
 *  4. Compare with the open membership: changes with their reasons, holds for selections that cannot be right (`compare-memberships.ts`).
 *  5. Publish in one transaction: valuations, membership intervals, audit, holds, `symbols.market_cap`, the rows of `cache_entries`
 *     that changed, and the phase's own completion, guarded by the run's fence (`publish` below).
 */
@injectable()
export class CacheSyncPhase implements Phase {
  readonly id = 'cache-sync';
  readonly ordinal = 2.5;
  readonly title = 'Cache sync';
  readonly needs = ['import'];

  constructor(
    @inject(TOKENS.database) private readonly database: Database,
    @inject(TOKENS.config) private readonly config: Config,
    @inject(TOKENS.calendar) private readonly calendar: TradingCalendar,
  ) {}

  /** @throws EOD_SESSION_NOT_NEWEST: reference data and published membership are of a newer session, and must not move back */
  async assertRunnable(session: SessionDate): Promise<void> {
    const newest = await this.database.transaction(({ client }) => readNewestSession(client));
    if (newest === undefined || newest.session <= session) return;
    const done = newest.phase === this.id ? 'universes are already published' : 'symbols are already imported';
    throw new PipelineError(
      'EOD_SESSION_NOT_NEWEST',
      `${done} for ${newest.session}; syncing ${session} would mix its bars with newer facts and move universes back`,
      {
        hint: `sync ${newest.session} or a later session; to publish sessions in order use \`tickstock backfill --from ${session}\` on an empty database (--data-dir PATH or DATABASE_URL)`,
        context: { newest: newest.session },
      },
    );
  }

  async run(context: PhaseContext): Promise<PhaseReport> {
    const { session, signal } = context;
    const configHash = hashText(JSON.stringify([this.config.universes, this.config.themes]));
    const { layout, last, open, tasks, loaded, untouched } = await this.database.transaction(async ({ client }) => {
      const last = await readLastSync(client);
      const tasks = startTasks(context, last);
      return {
        layout: await readLayout(client),
        last,
        open: await readOpenUniverses(client),
        tasks,
        loaded: await this.load(client, session, tasks.load),
        untouched: await isProjectionUntouched(client),
      };
    }, signal);
    const inputHash = hashText([session, VERSION, configHash, loaded.inputHash].join(' '));
    if (untouched && !context.force && last?.session === session && last.inputHash === inputHash) {
      return this.confirm(context, last, open);
    }
    const market = valueStocks(loaded.securities, session);
    tasks.select.advance(1, `${market.stocks.length} stocks`);
    const selected = selectUniverses(RULES, market, this.config);
    tasks.select.advance(1, `${selected.length} universes`);
    const comparison = compareMemberships(selected, open, RULES, market, this.config, context.force);
    tasks.select.finish();
    return this.database.transaction(
      (transaction) => this.publish(transaction, context, tasks, { layout, market, comparison, open, last, inputHash }),
      signal,
    );
  }

  private async load(client: Transaction['client'], session: SessionDate, task: TaskProgress): Promise<LoadedMarket> {
    const { stalePriceSessions } = this.config.universes;
    const oldest = stalePriceSessions === 0 ? session : this.calendar.previous(session, stalePriceSessions);
    const loaded = await loadMarket(client, session, oldest, (count) => task.advance(count));
    task.finish();
    return loaded;
  }

  private async publish(
    { client }: Transaction,
    context: PhaseContext,
    tasks: Readonly<Record<'value' | 'publish', TaskProgress>>,
    sync: {
      layout: CacheLayout;
      market: Market;
      comparison: Comparison;
      open: readonly OpenUniverse[];
      last: LastSync | undefined;
      inputHash: string;
    },
  ): Promise<PhaseReport> {
    const { layout, market, comparison } = sync;
    const ids = await writeUniverses(client, comparison.published);
    const at = new Date(context.clock.now());
    const isRepeat = sync.last?.session === context.session;
    const publication = { runId: context.runId, session: context.session, at, ids, isRepeat };
    await writeValuations(client, market, isRepeat, (rows) => tasks.value.advance(rows));
    const capsRewritten = await rewriteMarketCaps(client, market, this.config.universes.marketCapRewritePct, at);
    tasks.value.finish();
    await writeMembershipChanges(client, comparison, publication);
    await writeHolds(client, comparison.holds, { ...publication, force: context.force });
    tasks.publish.advance(1, 'memberships');
    const [projection, membership] = await Promise.all([
      writeProjection(client, layout, comparison.published, publication, (universe) =>
        tasks.publish.advance(1, universe.key),
      ),
      setImmediate().then(() => hashMemberships(toMemberships(comparison, sync.open))),
    ]);
    tasks.publish.finish();
    const report = describeSync(market, comparison, {
      capsRewritten,
      ...projection,
      hashes: { input: sync.inputHash, membership },
      unknownThemeSymbols: await findUnknownThemeSymbols(client, this.config),
    });
    await context.completeIn(client, report);
    return report;
  }

  /** The same input as the last time: the membership stands, and only the run itself is recorded. */
  private async confirm(context: PhaseContext, last: LastSync, open: readonly OpenUniverse[]): Promise<PhaseReport> {
    const report = describeUnchanged(last, hashMemberships(open));
    await this.database.transaction(({ client }) => context.completeIn(client, report), context.signal);
    return report;
  }
}

/** As many symbols as the last time: counting them would take 40 ms at 143,000. The first time, an ordinary market. */
const EXPECTED_SYMBOLS = 7000;

/** All at once: the phase's progress is the mean of the tasks it knows. */
function startTasks({ progress }: PhaseContext, last: LastSync | undefined) {
  const symbols = last?.counters['symbols'] || EXPECTED_SYMBOLS;
  return {
    load: progress.startTask('load', 'Loading the market', symbols),
    select: progress.startTask('select', 'Selecting universes', 3),
    value: progress.startTask('value', 'Writing valuations', symbols),
    publish: progress.startTask('publish', 'Publishing universes', 100),
  };
}

/** @throws EOD_DB_SCHEMA when `cache_entries` has no layout that is known */
async function readLayout(client: Transaction['client']): Promise<CacheLayout> {
  const { rows } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute
     where attrelid = to_regclass('public.cache_entries') and attnum > 0 and not attisdropped
     order by attnum`,
  );
  return detectLayout(rows.map((row) => row.name));
}

/** Membership as it stands after the publish: what was published, and what held universes keep. */
function toMemberships(comparison: Comparison, open: readonly OpenUniverse[]) {
  const held = new Set(comparison.holds.map((hold) => toUniverseName(hold.universe)));
  return [
    ...comparison.published.map((universe) => ({
      ...universe,
      symbols: universe.members.map((member) => member.symbol),
    })),
    ...open.filter((universe) => held.has(toUniverseName(universe))),
  ];
}

/** Symbols of the curated lists that the database has never seen: most likely typing errors. */
async function findUnknownThemeSymbols(client: Transaction['client'], config: Config): Promise<string[]> {
  const { rows } = await client.query<{ symbol: string }>(
    `select distinct listed.symbol from unnest($1::text[]) as listed (symbol)
     where not exists (select from symbols s where s.symbol = listed.symbol)
     order by 1`,
    [config.themes.flatMap((theme) => theme.symbols)],
  );
  return rows.map((row) => row.symbol);
}
