import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { PipelineError, silentLogger, type Logger, type Pipeline, type Right } from '../index.js';
import { assertAllowed, assertRight, identifyCaller, type Caller, type CallerRules } from './access/caller.js';
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

/** How long callers share an answer of the database. */
const ANSWER_TTL_MS = 250;
const COUNT_TTL_MS = 60_000;
const MINUTE_MS = 60_000;

export interface TickstockRoutesOptions {
  readonly pipeline: Pipeline;
  /** Warns about short keys and a key file that other users can read. */
  readonly logger?: Logger | undefined;
  /** Serves the OpenAPI document at /docs. A host that describes its own routes turns it off. Default true. */
  readonly docs?: boolean | undefined;
  /** Time limit of queries in milliseconds; callers time out after two seconds. Default 1500. */
  readonly answerWithinMs?: number | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    tickstockCaller: Caller | null;
  }
  interface FastifyContextConfig {
    /** Needs no key. */
    isPublic?: boolean;
    /** What the caller must be allowed to do; every route that is not GET names it. Default `read`. */
    right?: Right;
    /** The answer lasts as long as its reader stays connected. */
    isStream?: boolean;
  }
}

/**
 * The routes with their checks and errors as a Fastify plugin: `host.register(tickstockRoutes, { pipeline, prefix: '/tickstock' })`.
 *
 * Keys, trust and limits come from section `http` of the pipeline's configuration; the host's own routes are not affected.
 * @throws EOD_CONFIG_INVALID when the key file cannot be used
 */
export const tickstockRoutes: FastifyPluginAsync<TickstockRoutesOptions> = (app, options) => addRoutes(app, options);

/** As `tickstockRoutes`, without encapsulation: every request to the server is checked. */
export async function addRoutes(app: FastifyInstance, options: TickstockRoutesOptions): Promise<void> {
  const { pipeline } = options;
  const { http } = pipeline.config;
  const rules: CallerRules = { ...http, keys: loadKeys(http, options.logger ?? silentLogger) };
  const context = createContext(pipeline, options.answerWithinMs);
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  checkRequests(app);
  await admitCallers(app, rules, http.rateLimitPerMinute);
  measureRequests(app, context.metrics);
  // Before Fastify closes the connections, so that readers of a stream get its end instead of a broken connection.
  app.addHook('preClose', (done) => {
    context.streams.endAll();
    done();
  });
  if (options.docs ?? true) await describeApi(app);
  await app.register((scope, _, done) => {
    scope.addHook('onRoute', (route) => {
      const right = route.config?.right ?? (isReading(route.method) ? 'read' : undefined);
      if (right === undefined) throw new Error(`${route.url} names no right`);
      route.bodyLimit ??= http.bodyLimitBytes;
      const errors = { '4xx': errorBody, '5xx': errorBody };
      const { schema = {} } = route;
      route.schema = {
        querystring: z.strictObject({}),
        ...schema,
        response: { ...errors, ...(schema.response as object | undefined) },
        // Shown by the OpenAPI document.
        ...(!route.config?.isPublic && { 'x-right': right }),
      };
      if (route.config?.isPublic) route.schema.security = [];
    });
    for (const routes of Object.values(ROUTES)) routes(scope, context);
    done();
  });
}

function isReading(method: string | readonly string[]): boolean {
  return [method].flat().every((name) => name === 'GET' || name === 'HEAD');
}

function createContext(pipeline: Pipeline, answerWithinMs?: number): RouteContext {
  const newest = async () => (await pipeline.history.runs({ limit: 1 })).runs[0] ?? null;
  return {
    pipeline,
    deadline: new Deadline(answerWithinMs),
    newestRun: new SharedAnswer(newest, ANSWER_TTL_MS),
    overviews: new SharedAnswer(() => pipeline.history.universes(), ANSWER_TTL_MS),
    publication: new SharedAnswer(() => pipeline.history.publication(), ANSWER_TTL_MS),
    symbolCount: new SharedAnswer(async () => (await pipeline.status()).symbols, COUNT_TTL_MS),
    pages: createPageCache(),
    metrics: new ServiceMetrics(),
    streams: new RunStreams(),
  };
}

/** Requests are validated by their zod schemas, reporting all problems at once. Answers are not validated at run time; tests do that. */
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
    // Some clients send Content-Type: application/json with an empty body.
    if (body === '') done(null, undefined);
    else return parseJson(request, body as string, done);
  });
}

/** Identifies the caller, applies the rate limit, then checks access, in this order: attempts to guess a key are limited too. */
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
    const { isPublic = false, right = 'read' } = request.routeOptions.config;
    if (isPublic) return;
    assertAllowed(caller, rules);
    assertRight(caller, right);
  });
}

function measureRequests(app: FastifyInstance, metrics: ServiceMetrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { config, url = 'unknown' } = request.routeOptions;
    if (!config.isStream) metrics.observe(request.method, url, reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
}
