import { LRUCache } from 'lru-cache';
import { PipelineError, type Pipeline, type RunRecord } from '../../index.js';
import { EventStream } from './event-stream.js';
import { SharedAnswer } from './shared-answer.js';

/** Readers poll at different moments; two hundred of them must not cause two hundred queries a second. */
const LOOK_STANDS_MS = 500;
const MAX_STREAMS = 200;

/** Streams that are open, to be ended when the server stops. */
export class RunStreams {
  private readonly open = new Set<EventStream>();
  /** By run; those that are not read any more are evicted. */
  private readonly looks = new LRUCache<string, SharedAnswer<RunRecord>>({ max: MAX_STREAMS });

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
  look(pipeline: Pipeline, runId: string, hasFinished: boolean): Promise<RunRecord> {
    const id = `${runId} ${hasFinished}`;
    const known = this.looks.get(id);
    const look = known ?? new SharedAnswer(() => pipeline.history.run(runId), LOOK_STANDS_MS);
    if (known === undefined) this.looks.set(id, look);
    return look.get();
  }

  endAll(): void {
    for (const stream of this.open) stream.end();
  }
}
