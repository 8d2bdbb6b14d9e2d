import { PipelineError } from '../../core/errors.js';

export function fencedError(runId: string, cause?: unknown): PipelineError {
  return new PipelineError('EOD_FENCED', `run ${runId} was taken over and may no longer publish`, {
    hint: 'see `tickstock status` for the run that took over',
    cause,
  });
}
