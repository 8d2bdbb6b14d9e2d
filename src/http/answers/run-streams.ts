import { LRUCache } from 'lru-cache';
import { PipelineError, type Pipeline, type RunRecord } from '../../index.js';
import { EventStream } from './event-stream.js';
import { SharedAnswer } from './shared-answer.js';

/** Readers poll at different moments; two hundred of them must not cause two hundred queries a second. */
const LOOKUP_TTL_MS = 500;
const MAX_STREAMS = 200;

/** The open streams; all are ended when the server stops. */
export class RunStreams {
  private readonly open = new Set<EventStream>();
  /** By run; those of runs without readers are evicted. */
  private readonly lookups = new LRUCache<string, SharedAnswer<RunRecord>>({ max: MAX_STREAMS });

  /** @throws EOD_RATE_LIMITED when too many are open */
  create(): EventStream {
    if (this.open.size >= MAX_STREAMS) {
      throw new PipelineError('EOD_RATE_LIMITED', `${MAX_STREAMS} streams are open already`, {
        hint: 'close some, or poll GET /api/processing/status',
      });
    }
    const stream = new EventStream();
    this.open.add(stream);
    stream.onClose(() => this.open.delete(stream));
    return stream;
  }

  /**
   * The stored state of a run, queried once for all its readers.
   *
   * @param hasFinished after its end in this process, when an answer from before the end is outdated
   */
  lookUp(pipeline: Pipeline, runId: string, hasFinished: boolean): Promise<RunRecord> {
    const id = `${runId} ${hasFinished}`;
    const known = this.lookups.get(id);
    const lookup = known ?? new SharedAnswer(() => pipeline.history.run(runId), LOOKUP_TTL_MS);
    if (known === undefined) this.lookups.set(id, lookup);
    return lookup.get();
  }

  endAll(): void {
    for (const stream of this.open) stream.end();
  }
}
