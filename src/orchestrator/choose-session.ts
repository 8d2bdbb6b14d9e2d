import { PipelineError } from '../core/errors.js';
import type { SessionDate } from '../core/session.js';
import { asPipelineError } from '../db/database-error.js';
import type { PipelineParts } from './pipeline-parts.js';

type Parts = Pick<PipelineParts, 'calendar' | 'clock' | 'orchestrator'>;

/**
 * The session a run or a preview is for: the given one, else the newest that has closed, or the newest imported one when import is not among
 * the phases.
 *
 * @param phases ids; none is all
 * @throws EOD_PHASE_NEEDS when nothing has been imported, EOD_SESSION_INVALID, EOD_SESSION_FUTURE
 */
export async function chooseSession(
  parts: Parts,
  phases: readonly string[] = [],
  session?: SessionDate,
): Promise<SessionDate> {
  const chosen = session ?? (await defaultSession(parts, phases));
  parts.calendar.assertClosedSession(chosen, parts.clock.now());
  return chosen;
}

async function defaultSession(
  { calendar, clock, orchestrator }: Parts,
  phases: readonly string[],
): Promise<SessionDate> {
  if (phases.length === 0 || phases.includes('import')) return calendar.lastClosed(clock.now());
  const imported = await asPipelineError(orchestrator.store.newestCompleted('import'));
  if (imported !== undefined) return imported;
  throw new PipelineError('EOD_PHASE_NEEDS', `${phases.join(', ')} cannot run: no session has been imported yet`, {
    hint: 'run `tickstock run` first, or `tickstock run --phase import`',
  });
}
