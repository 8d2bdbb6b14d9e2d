import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Pipeline, RunRecord, UniverseOverview } from '../index.js';
import type { Deadline } from './answers/deadline.js';
import type { PageCache } from './answers/pages.js';
import type { ServiceMetrics } from './metrics.js';
import type { RunStreams } from './answers/run-streams.js';
import type { SharedAnswer } from './answers/shared-answer.js';

type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

/** What the routes share: the pipeline, and answers that are queried once for many concurrent callers. */
export interface RouteContext {
  readonly pipeline: Pipeline;
  readonly deadline: Deadline;
  /** The newest run of any process; null before the first. */
  readonly newestRun: SharedAnswer<RunRecord | null>;
  readonly overviews: SharedAnswer<readonly UniverseOverview[]>;
  /** Changes whenever universes are published. */
  readonly publication: SharedAnswer<string>;
  /** Active symbols. */
  readonly symbolCount: SharedAnswer<number>;
  readonly pages: PageCache;
  readonly metrics: ServiceMetrics;
  readonly streams: RunStreams;
}

/** One file of `routes/`: adds its routes to the server. */
export type Routes = (app: App, context: RouteContext) => void;
