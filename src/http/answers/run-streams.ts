import { PipelineError, type Pipeline, type RunRecord } from '../../index.js';
import { EventStream } from './event-stream.js';
import { SingleFlight } from './single-flight.js';

/** Readers look at different moments, and two hundred of them must not cost two hundred questions a second. */
const LOOK_STANDS_MS = 500;
const MAX_STREAMS = 200;

/** Streams that are open, to be ended when the server stops. */
export class RunStreams {
  private readonly open = new Set<EventStream>();
  private readonly looks = new Map<string, SingleFlight<RunRecord>>();

  /** @throws EOD_RATE_LIMITED when too many are open */
  create(): EventStream {
    if (this.open.size >= MAX_STREAMS) {
      throw new PipelineError('EOD_RATE_LIMITED', `${MAX_STREAMS} streams are open already`, {
        hint: 'close some, or ask GET /api/processing/status now and then',
      });
    }
    const stream = new EventStream();
    this.open.add(stream);
    stream.onClose(() => this.open.delete(stream));
    return stream;
  }

  /**
   * How a run stands by what is stored, asked once for all who read it.
   *
   * @param isLast after its end here, when an answer from before will not do
   */
  look(pipeline: Pipeline, runId: string, isLast: boolean): Promise<RunRecord> {
    const id = `${runId} ${isLast}`;
    const found = this.looks.get(id);
    if (found) return found.get();
    // Answers of runs that nobody reads any more must not pile up.
    if (this.looks.size >= MAX_STREAMS) this.looks.clear();
    const look = new SingleFlight(() => pipeline.history.run(runId), LOOK_STANDS_MS);
    this.looks.set(id, look);
    return look.get();
  }

  endAll(): void {
    for (const stream of this.open) stream.end();
  }
}
