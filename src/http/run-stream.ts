import { createSession, type Session } from 'better-sse';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PipelineError, type RunProgress, type RunRecord } from '../index.js';
import { toCompletion, toPercent } from './position.js';
import type { RouteContext } from './route.js';
import { toRunBody } from './run-fields.js';

/** Proxies take a connection that is silent for a minute for dead. */
const HEARTBEAT_MS = 15_000;
const RETRY_MS = 3000;
/** At most four times a second, as on Redis. */
const PROGRESS_MS = 250;
const LOOK_MS = 1000;
const MAX_STREAMS = 200;
/** A reader that has stopped reading must not fill the memory with what it misses. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Streams that are open, to be ended when the server stops. */
export class RunStreams {
  private readonly open = new Set<RunStream>();

  /** @throws EOD_RATE_LIMITED when too many are open */
  assertRoom(): void {
    if (this.open.size < MAX_STREAMS) return;
    throw new PipelineError('EOD_RATE_LIMITED', `${MAX_STREAMS} streams are open already`, {
      hint: 'close some, or ask GET /api/processing/status now and then',
    });
  }

  add(stream: RunStream): void {
    this.open.add(stream);
    stream.onClose(() => this.open.delete(stream));
  }

  endAll(): void {
    for (const stream of this.open) stream.close();
  }
}

/**
 * A run as server-sent events: `snapshot` first, then `progress`, `end` with the run.
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
  context.streams.assertRoom();
  const run = await context.deadline.within(() => context.pipeline.findRun(runId));
  if (request.headers['last-event-id'] === endId(run.runId)) return reply.status(204).send();
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  const session = await createSession(request.raw, reply.raw, { keepAlive: HEARTBEAT_MS, retry: RETRY_MS });
  const stream = new RunStream(context, run, session, () => reply.raw);
  context.streams.add(stream);
  stream.start();
  return reply;
}

/** One reader of one run. */
class RunStream {
  private unsubscribe: () => void = () => undefined;
  private soon: NodeJS.Timeout | undefined;
  private look: NodeJS.Timeout | undefined;
  private isClosed = false;
  private sent = 0;
  private last = '';
  private readonly closers: (() => void)[] = [];

  constructor(
    private readonly context: RouteContext,
    private run: RunRecord,
    private readonly session: Session,
    private readonly response: () => FastifyReply['raw'],
  ) {
    response().once('close', () => this.close());
  }

  onClose(closer: () => void): void {
    this.closers.push(closer);
  }

  start(): void {
    const { runId } = this.run;
    this.unsubscribe = this.context.pipeline.tracker.subscribe((event) => {
      if (event.runId !== runId) return;
      if (event.type === 'task-advanced' || event.type === 'task-started') this.tellSoon();
      else this.tell('progress');
    });
    this.tell('snapshot');
    if (this.run.status === 'running') this.lookAgain();
    else this.end();
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.unsubscribe();
    clearTimeout(this.soon);
    clearTimeout(this.look);
    this.response().end();
    for (const closer of this.closers) closer();
  }

  private tellSoon(): void {
    this.soon ??= setTimeout(() => this.tell('progress'), PROGRESS_MS);
  }

  private tell(event: 'snapshot' | 'progress'): void {
    clearTimeout(this.soon);
    this.soon = undefined;
    const body = describe(this.run, this.context.pipeline.tracker.snapshot());
    const text = JSON.stringify(body);
    if (event === 'progress' && text === this.last) return;
    this.last = text;
    this.push(body, event, `${this.run.runId}:${(this.sent += 1)}`);
  }

  /** What is stored says when the run has ended, whichever process ran it; while the database is away there is no news. */
  private lookAgain(): void {
    if (this.isClosed) return;
    this.look = setTimeout(() => {
      this.context.deadline
        .within(() => this.context.pipeline.findRun(this.run.runId))
        .then((run) => {
          this.run = run;
          this.tell('progress');
          if (run.status !== 'running') this.end();
        })
        .catch(() => undefined)
        .finally(() => this.lookAgain());
    }, LOOK_MS);
  }

  private end(): void {
    this.push(describe(this.run, null), 'end', endId(this.run.runId));
    this.close();
  }

  private push(body: unknown, event: string, id: string): void {
    if (this.isClosed) return;
    this.session.push(body, event, id);
    if (this.response().writableLength > MAX_WAITING_BYTES) this.response().destroy();
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
      estimated_completion: toCompletion(snapshot),
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
