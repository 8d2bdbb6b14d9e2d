import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { PipelineError, silentLogger, type Logger, type Pipeline } from '../index.js';
import { assertAllowed, identifyCaller, type Caller, type CallerRules } from './access/caller.js';
import { Deadline } from './answers/deadline.js';
import { sendError } from './bodies/errors.js';
import { errorBody } from './bodies/fields.js';
import { loadKeys } from './access/key-ring.js';
import { describeApi } from './openapi/describe-api.js';
import { createPageCache } from './answers/pages.js';
import { invalidRequest, toProblems } from './bodies/problems.js';
import { ServiceMetrics } from './metrics.js';
import type { RouteContext } from './route.js';
import { ROUTES } from './routes/index.js';
import { RunStreams } from './answers/run-streams.js';
import { SharedAnswer } from './answers/shared-answer.js';
import { z } from 'zod';

/** How long an answer of the database stands for all who ask the same. */
const ANSWER_STANDS_MS = 250;
const COUNT_STANDS_MS = 60_000;
const MINUTE_MS = 60_000;

export interface TickstockRoutesOptions {
  readonly pipeline: Pipeline;
  /** Where the keys' file being readable by others is said. */
  readonly logger?: Logger;
  /** The description at /docs; a host that describes its own routes leaves it out. Default true. */
  readonly docs?: boolean;
  /** Milliseconds the database has to answer; callers give up after two seconds. Default 1500. */
  readonly answerWithinMs?: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    tickstockCaller: Caller | null;
  }
  interface FastifyContextConfig {
    /** Needs no key. */
    isPublic?: boolean;
    /** Lasts as long as somebody reads it. */
    isStream?: boolean;
  }
}

/**
 * Every route, with its checks and its errors, as a Fastify plugin: `host.register(tickstockRoutes, { pipeline, prefix: '/tickstock' })`.
 *
 * Keys, trust and limits are the pipeline's configuration, section `http`; a host's own routes are not touched.
 * @throws EOD_CONFIG_INVALID when the file of keys cannot be used
 */
export const tickstockRoutes: FastifyPluginAsync<TickstockRoutesOptions> = (app, options) => addRoutes(app, options);

/** The same without a scope of its own: whatever the server is asked for goes through these checks. */
export async function addRoutes(app: FastifyInstance, options: TickstockRoutesOptions): Promise<void> {
  const { pipeline } = options;
  const { http } = pipeline.config;
  const rules: CallerRules = { ...http, keys: loadKeys(http, options.logger ?? silentLogger) };
  const context = createContext(pipeline, options.answerWithinMs);
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  checkRequests(app);
  await admitCallers(app, rules, http.rateLimitPerMinute);
  measureRequests(app, context.metrics);
  // Before Fastify closes the connections: whoever reads a stream sees its end instead of a broken line.
  app.addHook('preClose', (done) => {
    context.streams.endAll();
    done();
  });
  if (options.docs ?? true) await describeApi(app);
  await app.register((scope, _, done) => {
    scope.addHook('onRoute', (route) => {
      route.bodyLimit ??= http.bodyLimitBytes;
      const errors = { '4xx': errorBody, '5xx': errorBody };
      const { schema = {} } = route;
      route.schema = {
        querystring: z.strictObject({}),
        ...schema,
        response: { ...errors, ...(schema.response as object | undefined) },
      };
      if (route.config?.isPublic) route.schema.security = [];
    });
    for (const routes of Object.values(ROUTES)) routes(scope, context);
    done();
  });
}

function createContext(pipeline: Pipeline, answerWithinMs?: number): RouteContext {
  const newest = async () => (await pipeline.history.runs({ limit: 1 })).runs[0] ?? null;
  return {
    pipeline,
    deadline: new Deadline(answerWithinMs),
    newestRun: new SharedAnswer(newest, ANSWER_STANDS_MS),
    overviews: new SharedAnswer(() => pipeline.history.universes(), ANSWER_STANDS_MS),
    publication: new SharedAnswer(() => pipeline.history.publication(), ANSWER_STANDS_MS),
    symbolCount: new SharedAnswer(async () => (await pipeline.status()).symbols, COUNT_STANDS_MS),
    pages: createPageCache(),
    metrics: new ServiceMetrics(),
    streams: new RunStreams(),
  };
}

/** Requests are checked by their zod schemas, all problems at once; answers are sent as the routes give them: tests hold them to theirs. */
function checkRequests(app: FastifyInstance): void {
  app.setValidatorCompiler<z.ZodType>(({ schema, httpPart = 'request' }) => (data: unknown) => {
    const parsed = schema.safeParse(data ?? undefined, { reportInput: true });
    if (parsed.success) return { value: parsed.data };
    return { error: invalidRequest(toProblems(httpPart, parsed.error.issues)) };
  });
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Some clients announce JSON on every request, also where they send none.
    if (body === '') done(null, undefined);
    else return parseJson(request, body as string, done);
  });
}

/** Who calls is found out first, then counted, then let in or not: guessing keys is counted too. */
async function admitCallers(app: FastifyInstance, rules: CallerRules, perMinute: number): Promise<void> {
  app.decorateRequest('tickstockCaller', null);
  await app.register(rateLimit, {
    global: false,
    max: perMinute,
    timeWindow: MINUTE_MS,
    keyGenerator: (request: FastifyRequest) => request.tickstockCaller?.bucket ?? '',
  });
  const limit = perMinute > 0 ? app.createRateLimit() : undefined;
  app.addHook('onRequest', async (request, reply) => {
    const caller = identifyCaller(request, rules);
    request.tickstockCaller = caller;
    const use = await limit?.(request);
    if (use && !use.isAllowed && use.isExceeded) {
      reply.header('retry-after', use.ttlInSeconds);
      throw new PipelineError('EOD_RATE_LIMITED', `more than ${perMinute} requests in a minute`, {
        hint: `try again in ${use.ttlInSeconds} s, or raise http.rateLimitPerMinute`,
      });
    }
    if (request.routeOptions.config.isPublic !== true) assertAllowed(caller, rules);
  });
}

function measureRequests(app: FastifyInstance, metrics: ServiceMetrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { config, url = 'unknown' } = request.routeOptions;
    if (!config.isStream) metrics.observe(request.method, url, reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
}
