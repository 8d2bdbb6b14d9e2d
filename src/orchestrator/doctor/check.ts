import type { PipelineParts } from '../pipeline-parts.js';
import type { Freshness } from '../schedule/sessions.js';

/** What a check looks at. */
export interface DoctorContext {
  readonly parts: PipelineParts;
  readonly nowMs: number;
  readonly freshness: () => Promise<Freshness>;
}

/** Something that is wrong, and what to do about it. */
export interface Finding {
  readonly problem: string;
  readonly fix: string;
}

/** One question about a live installation. It only reads. */
export interface Check {
  /** Named in the result: `schema`, `clock`. */
  readonly id: string;
  /** What is in order when it finds nothing. */
  readonly title: string;
  find(context: DoctorContext): Promise<Finding | undefined>;
}
