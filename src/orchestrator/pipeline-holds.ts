import { asPipelineError } from '../db/database-error.js';
import { readHold, readHolds, type HoldDetail, type HoldFilter, type HoldRecord } from '../history/history.js';
import { planApproval, rejectHold, type HoldDecision } from './holds.js';
import type { PipelineParts } from './pipeline-parts.js';
import type { RunRequest, RunResult, StartedRun } from './run/run-request.js';

/** Who approves a hold, and how the run that publishes it is started. */
export interface ApprovalRequest extends HoldDecision {
  readonly trigger?: RunRequest['trigger'] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Who rejects a hold. */
export interface RejectionRequest extends HoldDecision {
  readonly signal?: AbortSignal | undefined;
}

type Parts = Pick<PipelineParts, 'database' | 'orchestrator' | 'phases' | 'clock'>;

/** What gates hold back, and the decisions about it: `pipeline.holds`. */
export class PipelineHolds {
  constructor(
    private readonly parts: Parts,
    private readonly startRun: (request: Partial<RunRequest>) => Promise<StartedRun>,
  ) {}

  /** Newest session first. */
  async list(filter: HoldFilter): Promise<readonly HoldRecord[]> {
    return asPipelineError(readHolds(this.parts.database, filter));
  }

  /** A hold with what approving it would publish. @throws EOD_HOLD_UNKNOWN */
  async get(id: number): Promise<HoldDetail> {
    return asPipelineError(readHold(this.parts.database, id));
  }

  /**
   * Publishes exactly what a hold shows, together with the other holds of the same universe (or of the whole session), and waits for the end. A whole
   * session that is approved is computed again by the later phases that had left it out.
   * The result has EOD_HOLD_CHANGED when the input has changed since; nothing was published then.
   * @throws EOD_HOLD_UNKNOWN, EOD_HOLD_SETTLED, and what `pipeline.run` throws
   */
  async approve(id: number, request: ApprovalRequest): Promise<RunResult> {
    return (await this.startApproval(id, request)).finished;
  }

  /** As `approve`, but resolves as soon as the run is recorded. */
  async startApproval(id: number, { trigger, signal, ...decision }: ApprovalRequest): Promise<StartedRun> {
    const { database, orchestrator, phases } = this.parts;
    const plan = { store: orchestrator.store, phases };
    return this.startRun({
      ...(await asPipelineError(planApproval(database, plan, id, decision))),
      triggeredBy: decision.by,
      ...(trigger && { trigger }),
      ...(signal && { signal }),
    });
  }

  /**
   * Keeps what is published instead of what a hold shows, and closes the other holds of the same universe (or session) with it.
   * @returns the ids that were open
   * @throws EOD_HOLD_UNKNOWN, EOD_HOLD_SETTLED
   */
  async reject(id: number, request: RejectionRequest): Promise<readonly number[]> {
    const { database, clock } = this.parts;
    return asPipelineError(rejectHold(database, id, request, new Date(clock.now())));
  }
}
