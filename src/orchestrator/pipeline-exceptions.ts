import { asPipelineError } from '../db/database-error.js';
import {
  approveException,
  readException,
  readExceptions,
  rejectException,
  type ExceptionFilter,
  type ExceptionRecord,
} from '../exceptions/exceptions.js';
import { announceRestated } from './announce-restated.js';
import type { PipelineParts } from './pipeline-parts.js';

type Parts = Pick<PipelineParts, 'database' | 'calendar' | 'clock' | 'relay'>;

/** Single figures and identities that a person must decide about: `pipeline.exceptions`. */
export class PipelineExceptions {
  constructor(private readonly parts: Parts) {}

  /** Newest session first. */
  async list(filter: ExceptionFilter): Promise<readonly ExceptionRecord[]> {
    return asPipelineError(readExceptions(this.parts.database, filter));
  }

  /** @throws EOD_EXCEPTION_UNKNOWN */
  async get(id: number): Promise<ExceptionRecord> {
    return asPipelineError(readException(this.parts.database, id));
  }

  /**
   * Says that it is so. Of a price the action that explains it is recorded: the proposed one, or another ratio of new:old shares.
   * @throws EOD_EXCEPTION_UNKNOWN, EOD_EXCEPTION_SETTLED, EOD_ACTION_INVALID
   */
  async approve(
    id: number,
    { by, ratio }: { readonly by: string; readonly ratio?: string | undefined },
  ): Promise<ExceptionRecord> {
    const { database, calendar } = this.parts;
    const options = { by, at: this.now(), ratio, announce: announceRestated };
    const decided = await asPipelineError(approveException(database, calendar, id, options));
    this.parts.relay?.wake();
    return decided;
  }

  /** Says that it is not so: nothing but the price moved, or the tickers are two. @throws EOD_EXCEPTION_UNKNOWN, EOD_EXCEPTION_SETTLED */
  async reject(id: number, { by }: { readonly by: string }): Promise<ExceptionRecord> {
    const { database, calendar } = this.parts;
    const options = { by, at: this.now(), announce: announceRestated };
    const decided = await asPipelineError(rejectException(database, calendar, id, options));
    this.parts.relay?.wake();
    return decided;
  }

  private now(): Date {
    return new Date(this.parts.clock.now());
  }
}
