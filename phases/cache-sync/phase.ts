import { inject, injectable } from 'tsyringe';
import type { Config } from '../../src/config/schema/index.js';
import type { TradingCalendar } from '../../src/core/calendar.js';
import { PipelineError } from '../../src/core/errors.js';
import type { Phase, PhaseContext, PhaseReport, TaskProgress } from '../../src/core/phase.js';
import type { PhaseParity, PhasePreview, PreviewRequest } from '../../src/core/preview.js';
import type { RowHandover } from '../../src/core/row-handover.js';
import type { RunMode } from '../../src/core/run-mode.js';
import type { SessionDate } from '../../src/core/session.js';
import type { TrialRequest, UniverseTrial } from '../../src/core/universe-trial.js';
import type { Database } from '../../src/db/database.js';
import { recordFacts } from '../../src/securities/record-facts.js';
import { TOKENS } from '../../src/tokens.js';
import { toGateSkip } from './holds/approve-holds.js';
import { assertFullSynced, readHeld, readLastSyncs, readNewestSession, type LastSync } from './input/last-sync.js';
import { readEvening, type Evening, type RepeatedEvening } from './input/read-evening.js';
import { readLayout, type SyncParts } from './input/read-sync.js';
import { hashMemberships } from './membership/membership-hash.js';
import { toModeScope, type ModeScope } from './modes.js';
import { addAlias, listAliases, removeAlias, retireRows } from './projection/row-handover.js';
import { CACHE_SYNC_EVENTS } from './publish/events.js';
import { finishPublish } from './publish/finish-publish.js';
import { compareSync, previewSync } from './publish/preview-sync.js';
import { publishSession } from './publish/publish-session.js';
import { startPublish } from './publish/publish.js';
import { describeUnchanged } from './publish/report.js';
import { tryUniverses } from './publish/try-universes.js';
import { replaySessions } from './replay/replay.js';
import { SYNC_UNITS, toSyncUnits, type SyncUnits } from './units.js';

/**
 * Phase 2.5: decides which stocks belong to which universes, and publishes the result atomically.
 *
 *  1. Record the current content of `symbols` where it differs from the recorded facts, because a host may have written it since the import
 *     (`src/securities/record-facts.ts`).
 *  2. Read the recorded session in one snapshot: facts and prices of every active security (`input/load-market.ts`), the past it is judged
 *     by (`input/sync-input.ts`), what was published (`membership/open-universes.ts`). With the same input as the last time and unchanged
 *     rows, nothing is written.
 *  3. Value and rank: close × shares, else the quoted market cap (`valuation/value-stocks.ts`), unless it is suspect
 *     (`valuation/judge-cap.ts`); find delisted and relisted symbols (`membership/symbol-life.ts`). The figures are written while the
 *     rest is computed.
 *  4. Apply the rules, one pass each over the ranked stocks (`universes/rules/`).
 *  5. Compare with the membership before the session: changes with their reasons (`membership/compare-memberships.ts`); the gates judge
 *     session and universes (`holds/gates/`), and what they hold is removed (`holds/hold-back.ts`).
 *  6. Publish in one transaction: figures, audit and holds of the session (`publish/publish-session.ts`), then membership intervals,
 *     `symbols`, the changed rows of `cache_entries`, and the completion of the phase with its events, guarded by the fence of the run
 *     (`publish/finish-publish.ts`).
 *
 * Steps 3 to 5 do no I/O (`compute-sync.ts`): a preview stops there. A replay does steps 2 to 5 for every session of a range, and step 6
 * once (`replay/replay.ts`). A session published before is published again the same way: from the membership before it.
 *
 * A mode other than `full` does the same for the universes of its tasks only (`modes.ts`): all others keep members, rows and holds.
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
    @inject(SYNC_UNITS) private readonly units: SyncUnits = toSyncUnits(),
  ) {}

  /**
   * @throws EOD_SESSION_NOT_NEWEST: reference data and published membership belong to a newer session and must not move back
   * @throws EOD_PHASE_NEEDS: a partial sync was requested before the first full one
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
      `${done} for ${newest.session}; syncing ${session} would mix its bars with newer facts and publish an older membership`,
      {
        hint: `sync ${newest.session} or a later session; to publish sessions in order use \`tickstock backfill --from ${session}\` on an empty database (--data-dir PATH or DATABASE_URL)`,
        context: { newest: newest.session },
      },
    );
  }

  async run(context: PhaseContext): Promise<PhaseReport> {
    const { session, mode, signal, replayFrom } = context;
    if (replayFrom !== undefined) return replaySessions(this.parts, context, replayFrom);
    const scope = toModeScope(mode, this.units.rules);
    await this.database.transaction(async ({ client }) => {
      await context.assertOwner(client);
      await recordFacts(client, session);
    }, signal);
    let tasks = undefined as SyncTasks | undefined;
    const read = await readEvening(this.parts, context, scope, {
      onStart: (last) => (tasks = startTasks(context, last)),
      onLoaded: (symbols) => {
        tasks?.load.advance(symbols);
        tasks?.load.finish();
      },
    });
    if (read.kind === 'repeated') return this.confirm(context, scope, read);
    return this.publish(context, scope, read, tasks ?? startTasks(context, undefined));
  }

  private async publish(
    context: PhaseContext,
    scope: ModeScope,
    evening: Evening,
    tasks: SyncTasks,
  ): Promise<PhaseReport> {
    const { session, force, approval, signal } = context;
    const { calendar } = this;
    const skips = force ? () => true : toGateSkip([...evening.approved, ...evening.standing]);
    return this.database.transaction(async ({ client }) => {
      const start = { ...evening, context, scope, settings: evening, calendar, from: session };
      const publish = await startPublish(client, start);
      const input = { ...evening, session, skips, isNewest: true, force, approval, keptBefore: null };
      const computed = await publishSession(publish, input, {
        onValued: ({ stocks }) => tasks.select.advance(1, `${stocks.length} stocks`),
        onWritten: (rows) => tasks.value.advance(rows),
        onSelected: (universes) => tasks.select.advance(1, `${universes} universes`),
      });
      tasks.select.finish();
      tasks.value.finish();
      const { report } = await finishPublish(publish, computed, evening.inputHash, tasks.publish);
      await context.completeIn(client, report);
      return report;
    }, signal);
  }

  /** What a run would do, in transactions that cannot write. */
  async preview(request: PreviewRequest): Promise<PhasePreview> {
    return previewSync(this.parts, request);
  }

  /** How the rows of `cache_entries` differ from what a run would write. */
  async compare(request: PreviewRequest): Promise<PhaseParity> {
    return compareSync(this.parts, request);
  }

  /** What rankings and bands would contain in a session, in a transaction that does not write. */
  async tryUniverses(request: TrialRequest): Promise<UniverseTrial> {
    return tryUniverses(this.parts, request);
  }

  readonly handover: RowHandover = {
    aliases: () => this.database.transaction(({ client }) => listAliases(client)),
    retire: (places, by, at) =>
      this.database.transaction(async ({ client }) =>
        retireRows(client, await readLayout(client, this.parts), places, { by, at }),
      ),
    alias: (alias, by, at) =>
      this.database.transaction(async ({ client }) =>
        addAlias(client, await readLayout(client, this.parts), alias, { by, at }),
      ),
    removeAlias: (place) => this.database.transaction(({ client }) => removeAlias(client, place)),
  };

  private get parts(): SyncParts {
    return { database: this.database, config: this.config, calendar: this.calendar, units: this.units };
  }

  /** The same input as the last time: the membership stays, and only the run itself is recorded. */
  private async confirm(
    context: PhaseContext,
    scope: ModeScope,
    { last, open }: RepeatedEvening,
  ): Promise<PhaseReport> {
    return this.database.transaction(async ({ client }) => {
      const held = await readHeld(client, context.session);
      const report = describeUnchanged(last, {
        scope,
        universes: open.filter((universe) => !universe.isRetired && scope.has(universe)).length,
        held: held.filter((hold) => hold.universe === null || scope.has(hold.universe)),
        membershipHash: await hashMemberships(open),
      });
      await context.completeIn(client, report);
      return report;
    }, context.signal);
  }
}

/** The tasks of a sync as people see them. */
type SyncTasks = Readonly<Record<'load' | 'select' | 'value' | 'publish', TaskProgress>>;

/** The number of symbols of the last time: counting them would take 40 ms at 143,000. The first time, that of an ordinary market. */
const EXPECTED_SYMBOLS = 7000;

/** All tasks at once, because the progress of the phase is the mean of its known tasks. */
function startTasks({ progress }: PhaseContext, last: LastSync | undefined): SyncTasks {
  const symbols = last?.counters['symbols'] || EXPECTED_SYMBOLS;
  return {
    load: progress.startTask('load', 'Loading the market', symbols),
    select: progress.startTask('select', 'Selecting universes', 3),
    value: progress.startTask('value', 'Writing valuations', symbols),
    publish: progress.startTask('publish', 'Publishing universes', 100),
  };
}
