import { PipelineError } from '../core/errors.js';
import type { Phase } from '../core/phase.js';
import type { RunMode } from '../core/run-mode.js';
import type { PhaseParity, PhasePreview, PreviewRequest } from '../core/preview.js';
import type { SessionDate } from '../core/session.js';
import type { TrialRequest, UniverseTrial } from '../core/universe-trial.js';
import { chooseSession } from './choose-session.js';
import type { PipelineParts } from './pipeline-parts.js';
import { planPhases } from './run/plan.js';

/** Request of a preview. */
export interface PreviewOptions {
  /** Default: the newest session that has been imported. */
  readonly session?: SessionDate | undefined;
  readonly mode?: RunMode | undefined;
  /** As for a run: gates report and hold nothing back. */
  readonly force?: boolean | undefined;
  /** Default: `cache-sync`. */
  readonly phase?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Universes to try. */
export interface TrialOptions extends Omit<TrialRequest, 'session'> {
  /** Default: the newest session that has been imported. */
  readonly session?: SessionDate | undefined;
}

/** The phase that publishes rows. */
export const PUBLISHING_PHASE = 'cache-sync';

type Parts = Pick<PipelineParts, 'phases' | 'orchestrator' | 'calendar' | 'clock'>;

/**
 * What a run of one phase would do; opens no run, takes no lock and writes nothing.
 * @throws EOD_PHASE_UNKNOWN, EOD_PHASE_NEEDS, what the phase refuses beforehand, and EOD_USAGE when it has no preview
 */
export async function previewPhase(parts: Parts, options: PreviewOptions): Promise<PhasePreview> {
  const phase = findPhase(parts, options);
  const request = await toPreviewRequest(parts, options, phase);
  if (phase.preview === undefined) {
    throw unable(parts, phase, 'preview', 'has no preview');
  }
  await parts.orchestrator.assertRunnable([phase], request);
  return phase.preview(request);
}

/** How the published data differs from what a run of one phase would write. @throws as `previewPhase` */
export async function comparePhase(parts: Parts, options: PreviewOptions): Promise<PhaseParity> {
  const phase = findPhase(parts, options);
  const request = await toPreviewRequest(parts, options, phase);
  if (phase.compare === undefined) throw unable(parts, phase, 'compare', 'publishes no rows that could be compared');
  await parts.orchestrator.assertRunnable([phase], request);
  return phase.compare(request);
}

/** What rankings and bands of the settings would contain. @throws EOD_PHASE_NEEDS, EOD_SESSION_INVALID, EOD_SESSION_FUTURE */
export async function tryUniverses(parts: Parts, { session, keys, signal }: TrialOptions): Promise<UniverseTrial> {
  const phase = findPhase(parts, {});
  if (phase.tryUniverses === undefined) throw unable(parts, phase, 'tryUniverses', 'selects no universes');
  return phase.tryUniverses({ session: await chooseSession(parts, [phase.id], session), keys, signal });
}

function findPhase({ phases }: Parts, { phase: id = PUBLISHING_PHASE }: PreviewOptions): Phase {
  const [phase] = planPhases(phases, [id]);
  if (phase === undefined) throw new Error('a plan of one name has one phase');
  return phase;
}

async function toPreviewRequest(
  parts: Parts,
  { session, mode = 'full', force = false, signal }: PreviewOptions,
  phase: Phase,
): Promise<PreviewRequest> {
  const chosen = await chooseSession(parts, [phase.id], session);
  return { session: chosen, mode, force, at: new Date(parts.clock.now()), signal };
}

function unable(
  { phases }: Parts,
  { id }: Phase,
  question: 'preview' | 'compare' | 'tryUniverses',
  what: string,
): PipelineError {
  const able = phases.filter((phase) => phase[question] !== undefined).map((phase) => phase.id);
  return new PipelineError('EOD_USAGE', `phase ${id} ${what}`, {
    hint: able.length > 0 ? `phases with it: ${able.join(', ')}` : 'no phase has one',
  });
}
