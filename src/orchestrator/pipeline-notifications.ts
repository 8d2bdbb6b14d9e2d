import { asPipelineError } from '../db/database-error.js';
import type { NotificationRecord, TestResult } from '../notify/notifier.js';
import type { PipelineParts } from './pipeline-parts.js';

export type { NotificationRecord, TestResult } from '../notify/notifier.js';

/** Messages for people: `pipeline.notifications`. Where they are sent is configured: `notify`. */
export class PipelineNotifications {
  constructor(private readonly parts: Pick<PipelineParts, 'notifier'>) {}

  /** Where messages are sent, without what is secret in an address. */
  get channels(): readonly { readonly id: string; readonly target: string }[] {
    return this.parts.notifier.channels.map(({ id, target }) => ({ id, target }));
  }

  /** Newest first. */
  async list({ limit = 20 }: { readonly limit?: number } = {}): Promise<readonly NotificationRecord[]> {
    return asPipelineError(this.parts.notifier.list(limit));
  }

  /** Sends a message now to every channel. */
  async test(): Promise<readonly TestResult[]> {
    return this.parts.notifier.test();
  }
}
