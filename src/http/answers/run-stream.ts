import type { FastifyReply, FastifyRequest } from 'fastify';
import { toCompletionTime, toPercent, type RunProgress, type RunRecord } from '../../index.js';
import { EVENT_STREAM_TYPE, type EventStream } from './event-stream.js';
import type { RouteContext } from '../route.js';
import { toRunBody } from '../bodies/run-fields.js';

/** At most four events a second, as on Redis. */
const PROGRESS_MS = 250;
const POLL_MS = 1000;
/**
 * A run as server-sent events: `snapshot` first, then `progress`, finally `end`; each has the whole run.
 *
 * Edges: a client that reconnects after `end`, by its `Last-Event-ID`, gets 204, which stops a browser from reconnecting.
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

/** Reports one run to one reader. */
class RunReporter {
  private unsubscribe: () => void = () => undefined;
  private soon: NodeJS.Timeout | undefined;
  private nextPoll: NodeJS.Timeout | undefined;
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
      else if (event.type === 'task-advanced' || event.type === 'task-started') this.reportSoon();
      else this.report('progress');
    });
    this.report('snapshot');
    if (this.run.status === 'running') this.pollAgain(POLL_MS);
    else this.end();
  }

  private finish(): void {
    this.hasFinished = true;
    this.pollAgain(0);
  }

  private stop(): void {
    this.unsubscribe();
    clearTimeout(this.soon);
    clearTimeout(this.nextPoll);
  }

  private reportSoon(): void {
    this.soon ??= setTimeout(() => this.report('progress'), PROGRESS_MS);
  }

  private report(event: 'snapshot' | 'progress'): void {
    clearTimeout(this.soon);
    this.soon = undefined;
    const body = describe(this.run, this.context.pipeline.tracker.snapshot());
    const text = JSON.stringify(body);
    if (text === this.latest) return;
    this.latest = text;
    this.stream.send(event, `${this.run.runId}:${(this.sent += 1)}`, body);
  }

  /** The stored state says when a run has ended, in any process. While the database is unavailable it is polled again. */
  private pollAgain(afterMs: number): void {
    clearTimeout(this.nextPoll);
    if (this.stream.isOpen) this.nextPoll = setTimeout(() => void this.poll(), afterMs);
  }

  private async poll(): Promise<void> {
    try {
      const { deadline, pipeline, streams } = this.context;
      this.run = await deadline.within(() => streams.lookUp(pipeline, this.run.runId, this.hasFinished));
    } catch {
      return this.pollAgain(POLL_MS);
    }
    if (this.run.status !== 'running') return this.end();
    this.report('progress');
    this.pollAgain(POLL_MS);
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

/** The stored run, with its progress when it runs in this process. */
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
