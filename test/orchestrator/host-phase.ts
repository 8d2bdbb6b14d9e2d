import type { Phase, PhaseContext, PhaseEvents, PhaseReport } from '../../src/core/phase.js';
import type { EventSink } from '../../src/orchestrator/run/progress-bridge.js';
import type { Logger } from '../../src/core/logger.js';
import type { SessionDate } from '../../src/core/session.js';
import type { Database } from '../../src/db/database.js';
import type { LeaseTimes } from '../../src/db/lease.js';
import { Orchestrator } from '../../src/orchestrator/run/run.js';
import { systemClock, type Clock } from '../../src/core/clock.js';
import { ProgressTracker } from '../../src/progress/tracker.js';

/** What a host's phase does in a test; the work is done when it returns. */
export interface HostPhaseOptions {
  readonly ordinal?: number;
  readonly needs?: readonly string[];
  readonly held?: boolean;
  readonly events?: PhaseEvents;
  /** Counters and events of its report, beside `units`. */
  readonly report?: Partial<PhaseReport>;
  readonly assertRunnable?: (session: SessionDate) => Promise<void>;
  readonly work?: (context: PhaseContext) => Promise<void>;
}

/** A phase as an embedding host would bring it: it writes its session to the table `host_work` and completes in the same transaction. */
export function hostPhase(database: Database, id: string, options: HostPhaseOptions = {}): Phase {
  const report: PhaseReport = {
    summary: `${id} is done`,
    changed: true,
    held: options.held ?? false,
    counters: { units: 1 },
    warnings: [],
    details: {},
    ...options.report,
  };
  return {
    id,
    title: id,
    ordinal: options.ordinal ?? 1,
    needs: options.needs ?? [],
    ...(options.events && { events: options.events }),
    ...(options.assertRunnable && { assertRunnable: options.assertRunnable }),
    run: async (context) => {
      await options.work?.(context);
      await database.transaction(async ({ client }) => {
        await client.query('create table if not exists host_work (phase text, session date)');
        await client.query('insert into host_work values ($1, $2)', [id, context.session]);
        await context.completeIn(client, report);
      }, context.signal);
      return report;
    },
  };
}

export function createOrchestrator(
  database: Database,
  phases: readonly Phase[],
  parts: {
    readonly tracker?: ProgressTracker;
    readonly clock?: Clock;
    readonly sink?: EventSink;
    readonly phaseTimeoutMs?: number;
    readonly lease?: LeaseTimes;
    readonly configHash?: string;
    readonly retryMs?: number;
    readonly logger?: Logger;
  } = {},
): Orchestrator {
  const clock = parts.clock ?? systemClock;
  const tracker = parts.tracker ?? new ProgressTracker(clock);
  return new Orchestrator({
    phases,
    database,
    tracker,
    clock,
    ...(parts.sink && { sink: parts.sink }),
    ...(parts.phaseTimeoutMs && { phaseTimeoutMs: parts.phaseTimeoutMs }),
    concurrency: 2,
    ...(parts.lease && { lease: parts.lease }),
    ...(parts.retryMs && { retryMs: parts.retryMs }),
    ...(parts.logger && { logger: parts.logger }),
    configHash: parts.configHash ?? 'test-config',
    codeVersion: 'test-code',
  });
}

/** What the phases have written, as `session phase`. */
export async function readWork(database: Database): Promise<string[]> {
  const { rows } = await database.pool.query<{ found: boolean }>(
    `select to_regclass('host_work') is not null as found`,
  );
  if (!rows[0]?.found) return [];
  const work = await database.pool.query<{ text: string }>(
    `select session || ' ' || phase as text from host_work order by ctid`,
  );
  return work.rows.map((row) => row.text);
}

/** What the outbox holds, in the order it will be told. */
export async function readOutbox(database: Database): Promise<readonly StoredBody[]> {
  const { rows } = await database.pool.query<{ body: StoredBody }>(
    'select body from pipeline.outbox order by commit_seq',
  );
  return rows.map((row) => row.body);
}

export interface StoredBody {
  readonly event: string;
  readonly sequence: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Runs as `status attempt`, and below each its phases as `phase status`. */
export async function readRuns(database: Database): Promise<{ run: string; phases: string[]; error: string | null }[]> {
  const { rows } = await database.pool.query<{ run: string; phases: string[]; error: string | null }>(
    `select status || ' ' || attempt as run, error ->> 'code' as error,
            array(select phase || ' ' || p.status from pipeline.phase_run p where p.run_id = r.id order by ordinal) as phases
     from pipeline.run r order by fence`,
  );
  return rows;
}
