import { PipelineError, toPipelineError, type ErrorCode } from '../core/errors.js';

const FULL = new Set(['53100', '53200']);
const CONNECTION_EXCEPTION = ['08000', '08001', '08003', '08004', '08006'];
const ENDED_BY_SERVER = ['25P03', '25P04', '53300', '57P01', '57P02', '57P03', '57P04', '57P05'];
const GONE = new Set([...CONNECTION_EXCEPTION, ...ENDED_BY_SERVER]);
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH']);
const BESIDE = new Set(['40P01', '40001']);
/** By a limit of the server for statements or locks; a cancel by this program is no reason to retry, and is not asked for that. */
const TIMED_OUT = new Set(['57014', '55P03']);
const DENIED = new Set(['28P01', '28000', '3D000']);
const PRIVILEGE = '42501';
const READ_ONLY = '25006';
/** A check, a foreign key, an exclusion: not null and unique keys are found when the tables are adopted. */
const CONSTRAINT = new Set(['23514', '23503', '23P01']);

/** Messages of the driver for a lost or failed connection; these errors have no code. */
const LOST =
  /\bconnection terminated\b|connection ended|not queryable|timeout exceeded|\bECONN|\bSASL\b|\bSSL\b|\bcertificate\b/i;

const ROW_SECURITY = /\brow-level security\b/;

/** A certificate that no known authority has signed. */
const UNTRUSTED = /\bcertificate\b|SELF_SIGNED|UNABLE_TO_VERIFY/i;

/** The fields of a thrown value that show its origin. Those besides `message` and `code` are set by a server. */
interface ThrownFields {
  readonly message?: string;
  readonly code?: string;
  readonly syscall?: string;
  readonly severity?: string;
  readonly detail?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  readonly where?: string;
}

/**
 * Translates a driver or server error for the user. The message has the server's text, never the connection string; `context` has the
 * server's SQLSTATE, detail, table, column, constraint and position, with values of the affected row.
 *
 * Edges:  an error of neither driver nor server is a defect, EOD_INTERNAL.
 *         `original` wins when it already is a PipelineError: the finding of a phase must not be masked by the failed rollback after it.
 */
export function toDatabaseError(error: unknown, original: unknown = error): PipelineError {
  if (original instanceof PipelineError) return original;
  if (error instanceof PipelineError) return error;
  const fields = (error ?? {}) as ThrownFields;
  const { code = '', message = String(error) } = fields;
  const text = describe(error, message);
  const fail = (errorCode: ErrorCode, what: string, hint: string): PipelineError =>
    new PipelineError(errorCode, what, { hint, context: toContext(fields), cause: error });
  if (FULL.has(code)) {
    return fail(
      'EOD_DB_FULL',
      `the database has no space or memory left: ${text}`,
      'free some space on the database volume and run the same command again; nothing half-written was kept',
    );
  }
  if (DENIED.has(code)) {
    return fail(
      'EOD_DB_UNAVAILABLE',
      `the database refused: ${text}`,
      'check the user, password and database name in DATABASE_URL',
    );
  }
  if (code === PRIVILEGE) {
    return fail(
      'EOD_DB_PRIVILEGES',
      `the database refused: ${text}`,
      ROW_SECURITY.test(text)
        ? 'the user of the database must see and write every row: create policy tickstock on TABLE to USER using (true) with check (true)'
        : 'an owner of the database runs what `tickstock db grants --role USER` prints; `tickstock doctor` lists what is missing',
    );
  }
  if (code === READ_ONLY) {
    return fail(
      'EOD_DB_READ_ONLY',
      `the database accepts no writes: ${text}`,
      'point DATABASE_URL to the primary server, or set default_transaction_read_only to off; reading commands work here',
    );
  }
  if (isConnectionError(fields, text)) {
    return fail(
      'EOD_DB_UNAVAILABLE',
      `the database cannot be reached: ${text}`,
      UNTRUSTED.test(`${code} ${text}`)
        ? 'the certificate of the server is signed by an authority that is not known here: add sslmode=verify-full&sslrootcert=FILE to DATABASE_URL'
        : 'check that the server runs and that DATABASE_URL points to it, then run the same command again',
    );
  }
  if (!isServerError(fields)) return toPipelineError(error);
  if (BESIDE.has(code)) {
    return fail(
      'EOD_PHASE_FAILED',
      `another program changed the same rows: ${text}`,
      'run the same command again; nothing half-written was kept',
    );
  }
  if (CONSTRAINT.has(code)) {
    return fail(
      'EOD_PHASE_FAILED',
      text,
      `the constraint is of your table and does not allow a value of the source${fields.detail === undefined ? '' : `: ${fields.detail}`}`,
    );
  }
  return fail(
    'EOD_PHASE_FAILED',
    text,
    "the server's log has more; `tickstock db status` checks whether the schema is this build's",
  );
}

/** Whether the same work may succeed a moment later: a lost connection, a deadlock, a restart of the server; not a missing privilege. */
export function isTransient({ code, context }: PipelineError): boolean {
  const { sqlState } = context;
  if (typeof sqlState !== 'string') return code === 'EOD_DB_UNAVAILABLE';
  if (BESIDE.has(sqlState) || TIMED_OUT.has(sqlState)) return true;
  return code === 'EOD_DB_UNAVAILABLE' && !DENIED.has(sqlState);
}

/** Awaits a database call and throws its errors as `toDatabaseError` converts them. */
export async function asPipelineError<Result>(answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (error) {
    throw toDatabaseError(error);
  }
}

function isConnectionError(fields: ThrownFields, text: string): boolean {
  const { code = '', syscall } = fields;
  if (GONE.has(code) || SOCKET.has(code)) return true;
  // A missing server socket; any other missing file has nothing to do with the database.
  if (code === 'ENOENT' && syscall === 'connect') return true;
  return !isServerError(fields) && LOST.test(text);
}

/** Every server error has a SQLSTATE and a severity; the severity is checked because Node's `EPIPE` has five characters too. */
function isServerError({ code = '', severity }: ThrownFields): boolean {
  return severity !== undefined && /^[0-9A-Z]{5}$/.test(code);
}

function toContext(fields: ThrownFields): Record<string, string> {
  const { code, detail, schema, table, column, constraint, where } = fields;
  const facts = { ...(isServerError(fields) && { sqlState: code }), detail, schema, table, column, constraint, where };
  return Object.fromEntries(Object.entries(facts).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** An AggregateError of several connection attempts has an empty message. */
function describe(error: unknown, message: string): string {
  if (message !== '') return message;
  const parts = (error as { errors?: unknown[] }).errors ?? [];
  return parts.map((part) => (part instanceof Error ? part.message : String(part))).join('; ') || 'no details given';
}
