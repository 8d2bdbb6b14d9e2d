import type { FastifyReply, FastifyRequest } from 'fastify';
import { toCompletionTime, toPercent, type RunProgress, type RunRecord } from '../../index.js';
import { EVENT_STREAM_TYPE, type EventStream } from './event-stream.js';
import type { RouteContext } from '../route.js';
import { toRunBody } from '../bodies/run-fields.js';

/** At most four times a second, as on Redis. */
const PROGRESS_MS = 250;
const LOOK_MS = 1000;
/**
 * A run as server-sent events: `snapshot` first, then `progress`, at last `end`; each holds the whole run.
 *
 * Edges: a client that comes back by itself after `end` (its `Last-Event-ID` says so) gets 204, which tells a browser to stay away.
 * @throws EOD_RUN_UNKNOWN, EOD_RATE_LIMITED, EOD_DB_UNAVAILABLE before anything is sent
 */
export async function streamRun(
  context: RouteContext,
  runId: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const run = await context.deadline.within(() => context.pipeline.history.run(runId));
  if (request.headers['last-event-id'] === endId(run.runId)) return reply.status(204).send();
  const stream = context.streams.create();
  new RunReporter(context, run, stream).start();
  return reply
    .type(EVENT_STREAM_TYPE)
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no')
    .send(stream.body);
}

/** Tells one reader of one run. */
class RunReporter {
  private unsubscribe: () => void = () => undefined;
  private soon: NodeJS.Timeout | undefined;
  private look: NodeJS.Timeout | undefined;
  private sent = 0;
  private hasFinished = false;
  private latest = '';

  constructor(
    private readonly context: RouteContext,
    private run: RunRecord,
    private readonly stream: EventStream,
  ) {
    stream.onClose(() => this.stop());
  }

  start(): void {
    const { runId } = this.run;
    this.unsubscribe = this.context.pipeline.tracker.subscribe((event) => {
      if (event.runId !== runId) return;
      if (event.type === 'run-finished') this.finish();
      else if (event.type === 'task-advanced' || event.type === 'task-started') this.tellSoon();
      else this.tell('progress');
    });
    this.tell('snapshot');
    if (this.run.status === 'running') this.lookAgain(LOOK_MS);
    else this.end();
  }

  private finish(): void {
    this.hasFinished = true;
    this.lookAgain(0);
  }

  private stop(): void {
    this.unsubscribe();
    clearTimeout(this.soon);
    clearTimeout(this.look);
  }

  private tellSoon(): void {
    this.soon ??= setTimeout(() => this.tell('progress'), PROGRESS_MS);
  }

  private tell(event: 'snapshot' | 'progress'): void {
    clearTimeout(this.soon);
    this.soon = undefined;
    const body = describe(this.run, this.context.pipeline.tracker.snapshot());
    const text = JSON.stringify(body);
    if (text === this.latest) return;
    this.latest = text;
    this.stream.send(event, `${this.run.runId}:${(this.sent += 1)}`, body);
  }

  /** What is stored says when the run has ended, whichever process ran it; while the database is away there is no news. */
  private lookAgain(afterMs: number): void {
    clearTimeout(this.look);
    if (this.stream.isOpen) this.look = setTimeout(() => void this.lookNow(), afterMs);
  }

  private async lookNow(): Promise<void> {
    try {
      const { deadline, pipeline, streams } = this.context;
      this.run = await deadline.within(() => streams.look(pipeline, this.run.runId, this.hasFinished));
    } catch {
      return this.lookAgain(LOOK_MS);
    }
    if (this.run.status !== 'running') return this.end();
    this.tell('progress');
    this.lookAgain(LOOK_MS);
  }

  private end(): void {
    this.stop();
    this.stream.send('end', endId(this.run.runId), describe(this.run, null));
    this.stream.end();
  }
}

function endId(runId: string): string {
  return `${runId}:end`;
}

/** The run as it is stored, with its position where it runs in this process. */
function describe(run: RunRecord, snapshot: RunProgress | null): Record<string, unknown> {
  const body = toRunBody(run);
  if (snapshot?.runId !== run.runId || run.status !== 'running') return { ...body, progress: null };
  return {
    ...body,
    progress: {
      percent: toPercent(snapshot.fraction),
      estimated_completion: toCompletionTime(snapshot.etaMs, snapshot.updatedAtMs),
      phases: snapshot.phases.map((phase) => {
        const task = phase.tasks.find(({ finishedAtMs }) => finishedAtMs === null) ?? phase.tasks.at(-1);
        return {
          phase: phase.id,
          title: phase.title,
          status: phase.status,
          percent: toPercent(phase.fraction),
          task: task?.title ?? '',
          current: task?.current ?? '',
          summary: phase.summary,
        };
      }),
    },
  };
}
