import type { FastifyBaseLogger, FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS, PipelineError, toPipelineError, type ErrorCode } from '../../index.js';
import type { RequestProblem } from './problems.js';

/** The body of an error; its status is the one of the code in the table of errors. */
export interface ErrorBody {
  readonly success: false;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
  readonly problems?: readonly RequestProblem[];
}

/** Hints for callers of the API instead of those for the command line. Messages about the inside of the service are logged and not sent. */
const OUTWARD: Partial<Record<ErrorCode, { readonly message?: string; readonly hint: string }>> = {
  EOD_RUN_LOCKED: {
    hint: 'GET /api/processing/status shows it; wait for its end, or stop it with DELETE /api/processing/cancel',
  },
  EOD_NOT_RUNNING: { hint: 'GET /api/processing/status shows whether a run is under way' },
  EOD_PHASE_NEEDS: { hint: 'POST /api/processing/trigger-manual with {"phases": ["all"]} runs everything' },
  EOD_UNIVERSE_UNKNOWN: { hint: 'GET /api/universes lists them' },
  EOD_RUN_UNKNOWN: { hint: 'GET /api/runs lists them' },
  EOD_DB_UNAVAILABLE: {
    message: 'the database cannot be reached or does not answer',
    hint: 'try again in a few seconds; GET /health shows when the database is available',
  },
  EOD_CONFIG_INVALID: {
    message: 'the service is not configured for that',
    hint: "the service's log says what is missing",
  },
  EOD_DB_SCHEMA: { message: "the database's schema is not this build's", hint: 'run `tickstock db migrate` there' },
  EOD_DB_PRIVILEGES: {
    message: 'the service may not do that in its database',
    hint: "the service's log says what is missing",
  },
  EOD_DB_READ_ONLY: {
    message: 'the database accepts no writes at the moment',
    hint: 'try again when it does; what is published can be read',
  },
  EOD_EMBEDDED: { message: 'the embedded database does not run', hint: "the service's log says why" },
  EOD_PHASE_FAILED: { message: 'the database refused a statement', hint: "the service's log says why" },
  EOD_INTERNAL: {
    message: 'an internal error of this service',
    hint: "the service's log has the details, by the id in the header X-Request-Id",
  },
};

/** Seconds, for the codes where the same request may succeed later. */
const RETRY_AFTER: Partial<Record<ErrorCode, number>> = {
  EOD_DB_UNAVAILABLE: 2,
  EOD_DB_READ_ONLY: 10,
  EOD_STOPPING: 10,
  EOD_RATE_LIMITED: 10,
};

/** Sends an error, and logs the service's own ones. */
export function sendError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = fromFastify(thrown);
  const status = ERRORS[error.code].httpStatus;
  logError(request.log, error, status, request);
  const retryAfter = RETRY_AFTER[error.code];
  if (retryAfter !== undefined && !reply.hasHeader('retry-after')) reply.header('retry-after', retryAfter);
  return reply.status(status).type('application/json; charset=utf-8').send(toErrorBody(error));
}

export function toErrorBody(error: PipelineError): ErrorBody {
  const { code } = error;
  const outward = OUTWARD[code];
  const { problems } = error.context as { readonly problems?: readonly RequestProblem[] };
  return {
    success: false,
    code,
    message: outward?.message ?? error.message,
    hint: pickHint(error, outward?.hint),
    ...(problems && { problems }),
  };
}

/** A suggestion of the nearest name precedes the general hint. */
function pickHint({ hint }: PipelineError, outward: string | undefined): string | null {
  const suggestion = /did you mean "[^"]*"\?/.exec(hint ?? '')?.[0];
  if (outward === undefined) return hint ?? null;
  return suggestion === undefined ? outward : `${suggestion} ${outward}`;
}

/** An error that Fastify throws before the handler, as an error of the table. */
function fromFastify(thrown: unknown): PipelineError {
  if (thrown instanceof PipelineError) return thrown;
  const { code = '', statusCode = 500, message = '' } = (thrown ?? {}) as Partial<FastifyError>;
  const asRequest = (text: string, hint: string): PipelineError =>
    new PipelineError('EOD_REQUEST_INVALID', text, { hint, cause: thrown });
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE' || statusCode === 413) {
    return new PipelineError('EOD_TOO_LARGE', 'the body is larger than allowed', {
      hint: 'http.bodyLimitBytes is the limit; no request of this API needs more',
      cause: thrown,
    });
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' || statusCode === 415) {
    return asRequest('the body is not JSON by its Content-Type', 'send it as Content-Type: application/json');
  }
  if (code === 'FST_ERR_BAD_URL') return asRequest('the URL is malformed', 'check its percent-encoding');
  if (code === 'FST_ERR_MAX_PARAM_LENGTH' || statusCode === 414) {
    return asRequest('the URL is longer than allowed', 'names in this API have at most 300 characters');
  }
  if (statusCode === 403) return new PipelineError('EOD_NOT_FOUND', 'there is no such file', { cause: thrown });
  if (statusCode >= 400 && statusCode < 500) return asRequest(`the request cannot be read: ${message}`, 'send JSON');
  return toPipelineError(thrown);
}

function logError(log: FastifyBaseLogger, error: PipelineError, status: number, request: FastifyRequest): void {
  const fields = { code: error.code, method: request.method, path: toPath(request.url) };
  // The message is left out: it may contain what the caller sent, such as a key in the wrong place.
  if (status < 500) log.debug(fields, 'refused');
  else if (error.code === 'EOD_STOPPING') log.info(fields, error.message);
  else if (error.code === 'EOD_DB_UNAVAILABLE') log.warn(fields, error.message);
  else log.error({ ...fields, err: error.cause ?? error, context: error.context }, error.message);
}

/** The path for the log, without the query: some callers put their key there. */
export function toPath(url: string): string {
  return url.replace(/[?#;].*$/s, '');
}
