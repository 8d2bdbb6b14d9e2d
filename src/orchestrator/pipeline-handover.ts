import { PipelineError } from '../core/errors.js';
import type { HandoverReport } from '../core/handover.js';
import type { PhaseParity } from '../core/preview.js';
import type { RowAlias, RowHandover } from '../core/row-handover.js';
import { asPipelineError } from '../db/database-error.js';
import { readStatus } from '../history/history.js';
import { judgeHandover, NOTHING_IMPORTED } from './judge-handover.js';
import type { PipelineParts } from './pipeline-parts.js';
import { comparePhase, PUBLISHING_PHASE } from './preview.js';

/** The end of the job that filled `cache_entries` before: `pipeline.handover`. */
export class PipelineHandover {
  constructor(
    private readonly parts: Pick<PipelineParts, 'database' | 'phases' | 'orchestrator' | 'calendar' | 'clock'>,
  ) {}

  /** Whether the old job can be deleted; writes nothing. */
  async examine(signal?: AbortSignal): Promise<HandoverReport> {
    return asPipelineError(this.read(signal));
  }

  /** The same judgement of a parity that is already known. */
  async judge(parity: PhaseParity): Promise<HandoverReport> {
    const { database, orchestrator } = this.parts;
    const published = await orchestrator.store.newestCompleted(PUBLISHING_PHASE);
    const { openHolds } = await readStatus(database);
    return judgeHandover(parity, { isPublished: published === parity.session, openHolds });
  }

  /** Former places at which a row is written as well. */
  async aliases(): Promise<readonly RowAlias[]> {
    return asPipelineError(this.rows.aliases());
  }

  /**
   * Takes rows that no run writes out of the table; a copy of each is kept.
   * @param places `orphaned`: all rows of published kinds that no run writes
   * @throws EOD_USAGE for a place that is not one of them, nor an ignored row of cache_config: nothing is taken out then
   */
  async retire(places: readonly string[] | 'orphaned', by: string): Promise<readonly string[]> {
    const parity = await asPipelineError(comparePhase(this.parts, {}));
    const { orphaned } = await this.judge(parity);
    const ignored = parity.ignored.filter(({ isWhole }) => isWhole);
    const known = new Set([...orphaned, ...ignored].map(({ place }) => place));
    const wanted = places === 'orphaned' ? orphaned.map(({ place }) => place) : places;
    const unknown = wanted.filter((place) => !known.has(place));
    if (unknown.length > 0) {
      throw new PipelineError('EOD_USAGE', `not a row that no run writes: ${unknown.join(', ')}`, {
        hint: '`tickstock handover` lists those that can be retired; rows of other kinds belong to other programs',
      });
    }
    return asPipelineError(this.rows.retire(wanted, by, this.now));
  }

  /** Writes a row at a former place as well, from the next run on. @throws EOD_USAGE */
  async alias(alias: RowAlias, by: string): Promise<void> {
    await asPipelineError(this.rows.alias(alias, by, this.now));
  }

  /** Ends an alias; the next run deletes its row. @throws EOD_USAGE */
  async removeAlias(place: string): Promise<void> {
    await asPipelineError(this.rows.removeAlias(place));
  }

  private async read(signal: AbortSignal | undefined): Promise<HandoverReport> {
    const { store } = this.parts.orchestrator;
    if ((await store.newestCompleted('import')) === undefined) return NOTHING_IMPORTED;
    return this.judge(await comparePhase(this.parts, { signal }));
  }

  private get rows(): RowHandover {
    const phase = this.parts.phases.find(({ id }) => id === PUBLISHING_PHASE);
    if (phase?.handover !== undefined) return phase.handover;
    throw new PipelineError('EOD_USAGE', `phase ${PUBLISHING_PHASE} is not part of this pipeline`);
  }

  private get now(): Date {
    return new Date(this.parts.clock.now());
  }
}
