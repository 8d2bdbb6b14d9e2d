import { toPipelineError } from '../core/errors.js';
import type { SessionDate } from '../core/session.js';
import { decideSteps, isPublished, type BackfillRequest } from './backfill.js';
import type { PipelineParts } from './pipeline-parts.js';
import { READ_USUAL_DURATION } from './read-usual-duration.sql.js';
import { planPhases } from './run/plan.js';

/** What a backfill would do with a session. */
export interface BackfillStep {
  readonly session: SessionDate;
  /** `recompute`: from stored data. `skip`: it is published. `refused`: a run would be refused, such as for want of its file. */
  readonly action: 'run' | 'recompute' | 'skip' | 'refused';
  /** Why it is passed over or refused. */
  readonly reason: string | null;
}

export interface BackfillPreview {
  readonly kind: 'run' | 'replay';
  readonly steps: readonly BackfillStep[];
  /** Of the newest published session: about as many are read and written in each. */
  readonly symbols: number;
  readonly universes: number;
  /** By the last sessions of this database; null where there are none. */
  readonly estimatedMs: number | null;
}

type Parts = Pick<PipelineParts, 'database' | 'orchestrator' | 'phases' | 'calendar' | 'clock'>;

/** What `runBackfill` would do; writes nothing and needs no lease. @throws as `runBackfill` */
export async function previewBackfill(
  parts: Parts,
  request: Pick<BackfillRequest, 'from' | 'to'>,
  extent: { readonly symbols: number; readonly universes: number },
): Promise<BackfillPreview> {
  const { orchestrator, calendar, clock, database } = parts;
  const found = await decideSteps({ store: orchestrator.store }, calendar, clock, request);
  const steps: BackfillStep[] = [];
  for (const session of found.sessions) steps.push(await toStep(parts, session, found));
  const working = steps.filter(({ action }) => action === 'run' || action === 'recompute').length;
  const phases = found.kind === 'replay' ? ['cache-sync'] : ['import', 'cache-sync'];
  const usual = await READ_USUAL_DURATION.first(database.pool, { phases });
  const sessionMs = usual?.sessionMs ?? null;
  return {
    kind: found.kind,
    steps,
    ...extent,
    estimatedMs: sessionMs === null ? null : Math.round(sessionMs * working),
  };
}

async function toStep(
  { phases }: Parts,
  session: SessionDate,
  { kind, newest }: Awaited<ReturnType<typeof decideSteps>>,
): Promise<BackfillStep> {
  if (kind === 'replay') return { session, action: 'recompute', reason: null };
  if (isPublished(session, newest)) return { session, action: 'skip', reason: 'a later session is published' };
  try {
    const [first] = planPhases(phases);
    await first?.assertRunnable?.(session, 'full');
    return { session, action: 'run', reason: null };
  } catch (thrown) {
    const { code, message } = toPipelineError(thrown);
    return { session, action: 'refused', reason: `${code}: ${message}` };
  }
}
