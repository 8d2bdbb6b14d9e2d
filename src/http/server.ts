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

/** Enough for a key and the headers of proxies. */
const MAX_HEADER_BYTES = 16 * 1024;
/** A client that takes longer to send 64 KB blocks a connection, by intent or not. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Interval of that check; with Node's default of 30 s a request could take 40 s. */
const TIMEOUT_CHECK_MS = 2000;
/** Longer than the heartbeat interval of a stream. */
const IDLE_TIMEOUT_MS = 60_000;
/** Time for requests under way when the server stops; their own time limit is shorter. */
const CLOSE_WITHIN_MS = 2000;
const MAX_PARAM_LENGTH = 300;

export interface ServerOptions {
  /** A pino logger or a compatible one. Default: nothing is logged. */
  readonly logger?: FastifyBaseLogger | undefined;
  readonly docs?: boolean | undefined;
  readonly answerWithinMs?: number | undefined;
}

/**
 * The service's server, not listening yet: `await listen(server, pipeline.config.http)`.
 * @throws EOD_CONFIG_INVALID when the key file cannot be used
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
      // Node applies the longer of headersTimeout and requestTimeout to the whole request.
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
    // The service serves plain HTTP; a TLS proxy in front of it sets this header.
    strictTransportSecurity: false,
  });
  if (http.corsOrigins.length > 0) {
    await app.register(cors, {
      origin: [...http.corsOrigins],
      methods: ['GET', 'POST', 'DELETE'],
      allowedHeaders: ['X-API-Key', 'Content-Type', 'If-None-Match', 'Last-Event-ID'],
      exposedHeaders: ['ETag', 'Retry-After', 'X-Request-Id'],
      maxAge: 600,
      // With strict preflight, an OPTIONS request that is not a preflight gets a plain text error.
      strictPreflight: false,
    });
  }
  logRequests(app);
  const finishRequests = countRequests(app);
  const missing = explainMissingRoute(app);
  // Without encapsulation: requests for unknown routes are checked and rate limited too.
  const { docs, answerWithinMs } = options;
  await addRoutes(app, {
    pipeline,
    logger,
    ...(docs !== undefined && { docs }),
    ...(answerWithinMs !== undefined && { answerWithinMs }),
  });
  // After the hook of the plugin: streams have ended by then and are not counted.
  app.addHook('preClose', finishRequests);
  app.setNotFoundHandler((request, reply) => sendError(missing(request, reply), request, reply));
  return app;
}

/**
 * Refuses an address that other machines can reach when there are no API keys.
 * @returns `isClosed`: every request is refused, because there are neither keys nor trusted callers on this machine
 * @throws EOD_CONFIG_INVALID
 */
export function assertProtected(http: Config['http']): { readonly isClosed: boolean } {
  const { size } = loadKeys(http, { info: noLog, warn: noLog, error: noLog });
  if (size === 0 && !isLoopback(http.host)) {
    throw new PipelineError(
      'EOD_CONFIG_INVALID',
      `http.host is ${http.host}, which other machines can reach, and there are no API keys; allowed without one: 127.0.0.1, ::1, localhost`,
      { hint: 'set TICKSTOCKPL_API_KEY (`openssl rand -hex 24` generates a key), or leave http.host at 127.0.0.1' },
    );
  }
  return { isClosed: size === 0 && !http.trustLoopback };
}

/**
 * Listens on the configured address.
 * @returns the address with the actual port when port 0 is configured
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
  EADDRINUSE: 'another program is listening there',
  EACCES: 'ports below 1024 need more privileges',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the name is not known',
};

/** Successful reads, which are many, are logged at debug level; writes and failures at info level. */
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

/** @returns a hook that stops accepting connections and waits for the requests under way, before Fastify closes the connections */
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

/** Answers what Node cannot parse as HTTP, or has headers that are too large: it never reaches Fastify's routes. */
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
        : (['EOD_REQUEST_INVALID', '400 Bad Request', 'the request is not valid HTTP'] as const);
  const body = JSON.stringify(toErrorBody(new PipelineError(code, text)));
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}

function noLog(): void {
  return undefined;
}
