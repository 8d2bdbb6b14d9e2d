import { asPipelineError } from '../db/database-error.js';
import { readBars, type Bar, type BarsRequest } from '../securities/actions/bars.js';
import {
  addActions,
  readActions,
  withdrawAction,
  type ActionEntry,
  type ActionFilter,
  type CorporateAction,
} from '../securities/actions/corporate-actions.js';
import { announceRestated } from './announce-restated.js';
import type { PipelineParts } from './pipeline-parts.js';

type Parts = Pick<PipelineParts, 'database' | 'calendar' | 'clock' | 'relay'>;

/** Corporate actions and adjusted bars: `pipeline.securities`. Indicators follow with the next run of their phase. */
export class PipelineSecurities {
  constructor(private readonly parts: Parts) {}

  /** Corporate actions, newest session first. */
  async actions(filter: ActionFilter): Promise<readonly CorporateAction[]> {
    return asPipelineError(readActions(this.parts.database, filter));
  }

  /**
   * Records corporate actions, all or none.
   * @returns how many were recorded; the same again are not
   * @throws EOD_ACTION_INVALID with every problem
   */
  async addActions(
    entries: readonly ActionEntry[],
    options: { readonly by: string; readonly source: 'file' | 'person'; readonly force?: boolean | undefined },
  ): Promise<number> {
    const { database, calendar } = this.parts;
    const added = await asPipelineError(
      addActions(database, calendar, entries, { ...options, at: this.now(), announce: announceRestated }),
    );
    this.parts.relay?.wake();
    return added;
  }

  /** Withdraws an entered action. @throws EOD_ACTION_UNKNOWN */
  async withdrawAction(id: number, { by }: { readonly by: string }): Promise<void> {
    await asPipelineError(withdrawAction(this.parts.database, id, { by, at: this.now(), announce: announceRestated }));
    this.parts.relay?.wake();
  }

  /** Bars of a security under every ticker it had, oldest first, adjusted to its newest shares. @throws EOD_SYMBOL_UNKNOWN */
  async bars(symbol: string, request: BarsRequest = {}): Promise<readonly Bar[]> {
    return asPipelineError(readBars(this.parts.database, symbol, request));
  }

  private now(): Date {
    return new Date(this.parts.clock.now());
  }
}
