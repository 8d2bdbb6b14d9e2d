import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createPipeline, type PipelineOptions } from '../../src/container.js';
import { PipelineError } from '../../src/core/errors.js';
import type { Phase, PhaseContext } from '../../src/core/phase.js';
import type { SessionDate } from '../../src/core/session.js';
import type { Database } from '../../src/db/database.js';
import type { Pipeline } from '../../src/orchestrator/pipeline.js';
import type { StartedRun } from '../../src/orchestrator/run/run-request.js';
import { hostPhase } from '../orchestrator/host-phase.js';

/** A host's phases, one before and one after those that are shipped. */
export const HOST_PHASES = ['prepare', 'patterns'] as const;
export type HostPhaseId = (typeof HOST_PHASES)[number];

export function hostPhases(
  database: Database,
  work: (phase: HostPhaseId, context: PhaseContext) => Promise<void>,
): Phase[] {
  return HOST_PHASES.map((id) =>
    hostPhase(database, id, { ordinal: id === 'prepare' ? 1 : 4, work: (context) => work(id, context) }),
  );
}

/** A pipeline on bars that are in the database already, and that does not wait long for Redis. */
export async function openPipeline(
  url: string,
  redisUrl: string,
  options: Pick<PipelineOptions, 'phases' | 'listeners' | 'redis'>,
  maxRejectedPct = 5,
): Promise<Pipeline> {
  const settings = {
    database: { url, poolSize: 4 },
    redis: { url: redisUrl, commandTimeoutMs: 300 },
    import: { source: 'existing', maxRejectedPct },
  } as const;
  return createPipeline({ ...options, config: { options: settings }, schema: 'leave' });
}

/** Works until the run is told to stop. */
export async function workForever({ signal }: PhaseContext): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

const LOCKED_MS = 10_000;
const RETRY_MS = 10;

/** Starts a run; waits for the server to notice that a killed process is gone, and for whoever marks its run. */
export async function startRun(pipeline: Pipeline, session: SessionDate, signal?: AbortSignal): Promise<StartedRun> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    try {
      return await pipeline.start({ session, ...(signal && { signal }) });
    } catch (error) {
      const isLocked = error instanceof PipelineError && error.code === 'EOD_RUN_LOCKED';
      if (!isLocked || waitedMs >= LOCKED_MS) throw error;
      await delay(RETRY_MS);
    }
  }
}
