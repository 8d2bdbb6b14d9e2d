import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { PipelineError, type Config, type Pipeline } from '../index.js';
import { sendError, toErrorBody, toPath } from './bodies/errors.js';
import { loadKeys } from './access/key-ring.js';
import { createLogger } from './logger.js';
import { isLoopback } from './access/loopback.js';
import { explainMissingRoute } from './missing-route.js';
import { addRoutes } from './plugin.js';

/** A key, a few headers of proxies: more is no request of this API. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Whoever takes longer to send 64 KB holds a connection for its own sake. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How often that is looked at; Node's own 30 s would give everybody up to 40. */
const TIMEOUT_CHECK_MS = 2000;
/** Longer than the heartbeat of a stream. */
const IDLE_TIMEOUT_MS = 60_000;
/** Requests under way have this long to be answered when the server stops; their own limit is shorter. */
const CLOSE_WITHIN_MS = 2000;
const MAX_PARAM_LENGTH = 300;

export interface ServerOptions {
  /** A pino logger, or one that does as it does; without one nothing is logged. */
  readonly logger?: FastifyBaseLogger;
  readonly docs?: boolean;
  readonly answerWithinMs?: number;
}

/**
 * The service's server, not listening yet: `await listen(server, pipeline.config.http)`.
 * @throws EOD_CONFIG_INVALID when the file of keys cannot be used
 */
export async function createServer(pipeline: Pipeline, options: ServerOptions = {}): Promise<FastifyInstance> {
  const { http } = pipeline.config;
  const logger = options.logger ?? createLogger({ write: () => undefined }, 'silent');
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: http.bodyLimitBytes,
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      // Node takes the longer of the two for the body, whichever it was given as.
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: IDLE_TIMEOUT_MS,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    forceCloseConnections: true,
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
    clientErrorHandler: answerUnreadable,
  });
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    // The service speaks plain HTTP; who puts TLS before it decides on this.
    strictTransportSecurity: false,
  });
  if (http.corsOrigins.length > 0) {
    await app.register(cors, {
      origin: [...http.corsOrigins],
      methods: ['GET', 'POST', 'DELETE'],
      allowedHeaders: ['X-API-Key', 'Content-Type', 'If-None-Match', 'Last-Event-ID'],
      exposedHeaders: ['ETag', 'Retry-After', 'X-Request-Id'],
      maxAge: 600,
      // Else an OPTIONS that is no preflight gets an error as plain text.
      strictPreflight: false,
    });
  }
  logRequests(app);
  const finishRequests = countRequests(app);
  const missing = explainMissingRoute(app);
  // Not in a scope of its own: who asks for a route that is not there is checked and counted like everybody.
  const { docs, answerWithinMs } = options;
  await addRoutes(app, {
    pipeline,
    logger,
    ...(docs !== undefined && { docs }),
    ...(answerWithinMs !== undefined && { answerWithinMs }),
  });
  // After the plugin's: streams have been ended by then, and count no more.
  app.addHook('preClose', finishRequests);
  app.setNotFoundHandler((request, reply) => sendError(missing(request, reply), request, reply));
  return app;
}

/**
 * Refuses an address that others than this machine reach when there is no key to keep them out.
 * @returns whether anybody can get in at all: keys, or callers on this machine
 * @throws EOD_CONFIG_INVALID
 */
export function assertProtected(http: Config['http']): { readonly isClosed: boolean } {
  const { size } = loadKeys(http, { info: noLog, warn: noLog, error: noLog });
  if (size === 0 && !isLoopback(http.host)) {
    throw new PipelineError(
      'EOD_CONFIG_INVALID',
      `http.host is ${http.host}, which others can reach, and there is no API key; allowed without one: 127.0.0.1, ::1, localhost`,
      { hint: 'set TICKSTOCKPL_API_KEY (`openssl rand -hex 24` makes a key), or leave http.host at 127.0.0.1' },
    );
  }
  return { isClosed: size === 0 && !http.trustLoopback };
}

/**
 * Listens where the configuration says.
 * @returns the address, with the port that port 0 became
 * @throws EOD_CONFIG_INVALID as `assertProtected`, EOD_LISTEN when the address is taken or not this machine's
 */
export async function listen(app: FastifyInstance, http: Config['http']): Promise<string> {
  assertProtected(http);
  try {
    return await app.listen({ host: http.host, port: http.port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = WHY[code ?? ''] ?? (error as Error).message;
    throw new PipelineError('EOD_LISTEN', `cannot listen on ${http.host} port ${http.port}: ${why}`, {
      hint: 'choose another address: --host, --port (0 takes a free port)',
      cause: error,
    });
  }
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there already',
  EACCES: 'ports below 1024 need more rights',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the name is not known',
};

/** Reads are asked for many times a second; what changes something, and what fails, is worth a line. */
function logRequests(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    reply.header('x-request-id', request.id);
    done(null, payload);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode, elapsedTime } = reply;
    const isQuiet = statusCode < 400 && ['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    request.log[isQuiet ? 'debug' : 'info'](
      {
        method: request.method,
        path: toPath(request.url),
        status: statusCode,
        duration_ms: Math.round(elapsedTime * 10) / 10,
        caller: request.tickstockCaller?.name,
      },
      'request',
    );
    done();
  });
}

/** @returns what takes no more connections, and waits until the requests under way are answered, before the connections are cut */
function countRequests(app: FastifyInstance): () => Promise<void> {
  let underWay = 0;
  let onIdle: () => void = () => undefined;
  app.addHook('onRequest', (_, reply, done) => {
    underWay += 1;
    reply.raw.once('close', () => {
      underWay -= 1;
      if (underWay === 0) onIdle();
    });
    done();
  });
  return async () => {
    app.server.close();
    if (underWay === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_WITHIN_MS);
      onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  };
}

/** What is not even HTTP, or has headers beyond every measure: answered by hand, as no route will ever see it. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, status, text] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? (['EOD_TOO_LARGE', '431 Request Header Fields Too Large', 'the headers are larger than allowed'] as const)
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? (['EOD_REQUEST_INVALID', '408 Request Timeout', 'the request was not sent in time'] as const)
        : (['EOD_REQUEST_INVALID', '400 Bad Request', 'this is no HTTP request that can be read'] as const);
  const body = JSON.stringify(toErrorBody(new PipelineError(code, text)));
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}

function noLog(): void {
  return undefined;
}
