import { inject, injectable } from 'tsyringe';
import type { Config } from '../../src/config/schema.js';
import type { TradingCalendar } from '../../src/core/calendar.js';
import { PipelineError } from '../../src/core/errors.js';
import type { Phase, PhaseContext, PhaseReport, RunMode, TaskProgress } from '../../src/core/phase.js';
import type { SessionDate } from '../../src/core/session.js';
import { nextTurn } from '../../src/core/turn.js';
import { VERSION } from '../../src/core/version.js';
import type { Database, Transaction } from '../../src/db/database.js';
import { TOKENS } from '../../src/tokens.js';
import { compareMemberships, listMemberships, type Comparison, type OpenUniverse } from './compare-memberships.js';
import { CACHE_SYNC_EVENTS } from './events.js';
import { findUnknownThemeSymbols } from './find-unknown-symbols.js';
import type { CacheLayout } from './layout.js';
import { detectLayout } from './layouts/index.js';
import { loadMarket, type LoadedMarket } from './load-market.js';
import type { Market } from './market.js';
import { hashMemberships } from './membership-hash.js';
import { hashText } from './hash-text.js';
import { readOpenUniverses, writeUniverses } from './open-universes.js';
import {
  assertFullSynced,
  findRepeated,
  readHeldUniverses,
  readLastSyncs,
  readNewestSession,
  type LastSync,
} from './last-sync.js';
import { describeSync, describeUnchanged } from './report.js';
import { RULES } from './rules/index.js';
import { selectUniverses } from './select-universes.js';
import { scopeOf, type SyncScope } from './tasks.js';
import { listUniverseChanges } from './universe-changes.js';
import { valueStocks } from './value-stocks.js';
import { writeFigures } from './write-figures.js';
import { writeHolds, writeMembershipChanges } from './write-memberships.js';
import { isProjectionUntouched, writeProjection } from './write-projection.js';

/**
 * Phase 2.5: who belongs to which universe tonight, published at once.
 *
 *  1. Load every active security with its newest close, in one statement (`load-market.ts`). The same input as the last time and nobody
 *     having touched the published rows: done, nothing is written.
 *  2. Value and rank: close × shares, else the source's market cap (`value-stocks.ts`).
 *  3. Apply the rules, one pass each over the ranked stocks (`rules/`, `select-universes.ts`).
 *  4. Compare with the open membership: changes with their reasons, holds for selections that cannot be right (`compare-memberships.ts`).
 *  5. Publish in one transaction: valuations, membership intervals, audit, holds, `symbols.market_cap`, the rows of `cache_entries`
 *     that changed, and the phase's own completion with the events about it, guarded by the run's fence (`publish` below).
 *
 * A mode other than `full` does the same for the universes of its tasks alone (`tasks.ts`): all others keep members, rows and holds.
 */
@injectable()
export class CacheSyncPhase implements Phase {
  readonly id = 'cache-sync';
  readonly ordinal = 2.5;
  readonly title = 'Cache sync';
  readonly needs = ['import'];
  readonly events = CACHE_SYNC_EVENTS;

  constructor(
    @inject(TOKENS.database) private readonly database: Database,
    @inject(TOKENS.config) private readonly config: Config,
    @inject(TOKENS.calendar) private readonly calendar: TradingCalendar,
  ) {}

  /**
   * @throws EOD_SESSION_NOT_NEWEST: reference data and published membership are of a newer session, and must not move back
   * @throws EOD_PHASE_NEEDS: a part is to be synced before the whole has been
   */
  async assertRunnable(session: SessionDate, mode: RunMode = 'full'): Promise<void> {
    const { newest, syncs } = await this.database.transaction(async ({ client }) => ({
      newest: await readNewestSession(client),
      syncs: mode === 'full' ? [] : await readLastSyncs(client),
    }));
    if (newest === undefined || newest.session <= session) return assertFullSynced(session, mode, syncs);
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
    const { session, signal, mode } = context;
    const scope = scopeOf(mode, RULES);
    const configHash = hashText(JSON.stringify([this.config.universes, this.config.themes]));
    const { layout, syncs, isRepeat, open, tasks, loaded, untouched } = await this.database.transaction(
      async ({ client }) => {
        const syncs = await readLastSyncs(client);
        assertFullSynced(session, mode, syncs);
        const tasks = startTasks(context, syncs[0]);
        const isRepeat = syncs[0]?.session === session;
        return {
          layout: await readLayout(client),
          syncs,
          isRepeat,
          open: await readOpenUniverses(client),
          tasks,
          loaded: await this.load(client, session, tasks.load),
          untouched: isRepeat && (await isProjectionUntouched(client)),
        };
      },
      signal,
    );
    const inputHash = hashText([session, VERSION, configHash, loaded.inputHash].join(' '));
    const repeated = findRepeated(syncs, mode, session, inputHash);
    if (untouched && !context.force && repeated) return this.confirm(context, scope, repeated, open);
    const market = await valueStocks(loaded.securities, session);
    tasks.select.advance(1, `${market.stocks.length} stocks`);
    await nextTurn();
    const selected = await selectUniverses(scope.rules, market, this.config);
    tasks.select.advance(1, `${selected.length} universes`);
    await nextTurn();
    const ownOpen = open.filter((universe) => scope.has(universe));
    const comparison = compareMemberships(selected, ownOpen, scope.rules, market, this.config, context.force);
    tasks.select.finish();
    return this.database.transaction(
      (transaction) =>
        this.publish(transaction, context, tasks, { scope, layout, market, comparison, open, isRepeat, inputHash }),
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
      scope: SyncScope;
      layout: CacheLayout;
      market: Market;
      comparison: Comparison;
      open: readonly OpenUniverse[];
      /** Whether the session has been published before. */
      isRepeat: boolean;
      inputHash: string;
    },
  ): Promise<PhaseReport> {
    const { scope, layout, market, comparison, open, isRepeat } = sync;
    const ids = await writeUniverses(client, comparison.published);
    const at = new Date(context.clock.now());
    const publication = { runId: context.runId, session: context.session, at, ids, isRepeat };
    const capsRewritten = await writeFigures(client, market, comparison, publication, {
      scope,
      marketCapRewritePct: this.config.universes.marketCapRewritePct,
      onWritten: (rows) => tasks.value.advance(rows),
    });
    tasks.value.finish();
    await writeMembershipChanges(client, comparison, publication);
    await writeHolds(client, comparison.holds, { ...publication, force: context.force }, toIds(scope, open));
    tasks.publish.advance(1, 'memberships');
    const [projection, membership] = await Promise.all([
      writeProjection(client, layout, comparison.published, publication, (universe) =>
        tasks.publish.advance(1, universe.key),
      ),
      hashMemberships(listMemberships(comparison, open)),
    ]);
    tasks.publish.finish();
    const report = describeSync(market, comparison, {
      scope,
      universeChanges: listUniverseChanges(comparison, open, ids, scope),
      capsRewritten,
      ...projection,
      hashes: { input: sync.inputHash, membership },
      unknownThemeSymbols: scope.tasks.includes('theme_rebalancing')
        ? await findUnknownThemeSymbols(client, this.config)
        : [],
    });
    await context.completeIn(client, report);
    return report;
  }

  /** The same input as the last time: the membership stands, and only the run itself is recorded. */
  private async confirm(
    context: PhaseContext,
    scope: SyncScope,
    last: LastSync,
    open: readonly OpenUniverse[],
  ): Promise<PhaseReport> {
    return this.database.transaction(async ({ client }) => {
      const held = await readHeldUniverses(client, context.session);
      const report = describeUnchanged(last, {
        scope,
        universes: open.filter((universe) => !universe.isRetired && scope.has(universe)).length,
        held: held.filter((universe) => scope.has(universe)),
        membershipHash: await hashMemberships(open),
      });
      await context.completeIn(client, report);
      return report;
    }, context.signal);
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

/** Universes whose holds a partial sync may settle. */
function toIds(scope: SyncScope, open: readonly OpenUniverse[]): number[] | null {
  return scope.mode === 'full' ? null : open.filter((universe) => scope.has(universe)).map((universe) => universe.id);
}
