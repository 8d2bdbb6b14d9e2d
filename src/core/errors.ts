/**
 * The one table of errors. Callers match on `code`, never on the message.
 *
 * `exitCode` is what the command line ends with, `httpStatus` what a service answers, `retryable` whether the same call may
 * succeed later without anybody changing anything. README's error table is tested against this one, both ways.
 */
export const ERRORS = {
  EOD_USAGE: { exitCode: 2, httpStatus: 400, retryable: false, meaning: 'The command line was not understood' },
  EOD_CONFIG_INVALID: {
    exitCode: 3,
    httpStatus: 500,
    retryable: false,
    meaning: 'The configuration is invalid; every problem is listed',
  },
  EOD_SESSION_INVALID: {
    exitCode: 4,
    httpStatus: 400,
    retryable: false,
    meaning: 'Not a date, a weekend, a holiday, or outside 2001-2060',
  },
  EOD_SESSION_FUTURE: {
    exitCode: 5,
    httpStatus: 400,
    retryable: false,
    meaning: 'The session has not closed yet',
  },
  EOD_SESSION_NOT_NEWEST: {
    exitCode: 6,
    httpStatus: 409,
    retryable: false,
    meaning: 'A newer session is already published; an older one would move it back',
  },
  EOD_PHASE_UNKNOWN: { exitCode: 7, httpStatus: 400, retryable: false, meaning: 'No phase has that name' },
  EOD_PHASE_NEEDS: {
    exitCode: 8,
    httpStatus: 409,
    retryable: false,
    meaning: 'An earlier phase has not completed for that session',
  },
  EOD_RUN_LOCKED: { exitCode: 9, httpStatus: 409, retryable: true, meaning: 'Another run is active' },
  EOD_FENCED: {
    exitCode: 10,
    httpStatus: 409,
    retryable: false,
    meaning: 'Another run took over; this one published nothing after that',
  },
  EOD_SOURCE_UNKNOWN: { exitCode: 11, httpStatus: 400, retryable: false, meaning: 'No import source has that name' },
  EOD_SOURCE_MISSING: {
    exitCode: 12,
    httpStatus: 404,
    retryable: true,
    meaning: 'A file that the source needs is missing, or its API does not answer',
  },
  EOD_SOURCE_INVALID: {
    exitCode: 13,
    httpStatus: 422,
    retryable: false,
    meaning: 'A source file is truncated, empty or invalid',
  },
  EOD_SOURCE_MISMATCH: {
    exitCode: 14,
    httpStatus: 409,
    retryable: false,
    meaning: 'The source does not match the data in the database or the session',
  },
  EOD_UNIVERSE_UNKNOWN: { exitCode: 15, httpStatus: 404, retryable: false, meaning: 'No universe has that name' },
  EOD_SYMBOL_UNKNOWN: { exitCode: 22, httpStatus: 404, retryable: false, meaning: 'No symbol has that name' },
  EOD_RUN_UNKNOWN: { exitCode: 23, httpStatus: 404, retryable: false, meaning: 'No run has that id' },
  EOD_EVENT_UNKNOWN: {
    exitCode: 24,
    httpStatus: 404,
    retryable: false,
    meaning: 'No stored event has that id; it may have been deleted',
  },
  EOD_NOT_RUNNING: { exitCode: 25, httpStatus: 409, retryable: false, meaning: 'No run is active' },
  EOD_REQUEST_INVALID: {
    exitCode: 26,
    httpStatus: 400,
    retryable: false,
    meaning: 'The request is invalid; every problem is listed',
  },
  EOD_UNAUTHORIZED: { exitCode: 27, httpStatus: 401, retryable: false, meaning: 'The API key is missing or wrong' },
  EOD_FORBIDDEN: { exitCode: 28, httpStatus: 403, retryable: false, meaning: 'The caller is not allowed to do that' },
  EOD_NOT_FOUND: { exitCode: 29, httpStatus: 404, retryable: false, meaning: 'The route does not exist' },
  EOD_TOO_LARGE: { exitCode: 30, httpStatus: 413, retryable: false, meaning: 'The request is larger than allowed' },
  EOD_RATE_LIMITED: { exitCode: 31, httpStatus: 429, retryable: true, meaning: 'Too many requests in a minute' },
  EOD_LISTEN: { exitCode: 32, httpStatus: 500, retryable: false, meaning: 'The service cannot listen at its address' },
  EOD_INTERRUPTED: {
    exitCode: 34,
    httpStatus: 500,
    retryable: true,
    meaning: 'The process died during its run; the next run continues',
  },
  EOD_STOPPING: { exitCode: 33, httpStatus: 503, retryable: true, meaning: 'The service is stopping' },
  EOD_DB_UNAVAILABLE: {
    exitCode: 16,
    httpStatus: 503,
    retryable: true,
    meaning: 'The database is unreachable or the connection was lost',
  },
  EOD_DB_SCHEMA: {
    exitCode: 17,
    httpStatus: 500,
    retryable: false,
    meaning: 'The database has tables that cannot be adopted, or needs a migration',
  },
  EOD_DB_NEWER: {
    exitCode: 18,
    httpStatus: 500,
    retryable: false,
    meaning: 'The database was migrated by a newer build',
  },
  EOD_DB_FULL: { exitCode: 19, httpStatus: 507, retryable: true, meaning: 'The database has no space left' },
  EOD_EMBEDDED: {
    exitCode: 20,
    httpStatus: 503,
    retryable: false,
    meaning: 'The embedded PostgreSQL could not be started',
  },
  EOD_PHASE_FAILED: {
    exitCode: 21,
    httpStatus: 500,
    retryable: false,
    meaning: 'A phase failed for a reason without its own code',
  },
  EOD_PHASE_TIMEOUT: {
    exitCode: 35,
    httpStatus: 504,
    retryable: true,
    meaning: 'A phase took longer than allowed and was stopped; it published nothing',
  },
  EOD_HOLD_UNKNOWN: { exitCode: 36, httpStatus: 404, retryable: false, meaning: 'No hold has that number' },
  EOD_HOLD_SETTLED: {
    exitCode: 37,
    httpStatus: 409,
    retryable: false,
    meaning: 'The hold is decided already, is of an older session, or its whole session is held as well',
  },
  EOD_HOLD_CHANGED: {
    exitCode: 38,
    httpStatus: 409,
    retryable: false,
    meaning: 'The input has changed since the hold was shown; nothing was published',
  },
  EOD_PARITY: {
    exitCode: 39,
    httpStatus: 409,
    retryable: false,
    meaning: 'The published rows differ from what would be written',
  },
  EOD_ACTION_INVALID: {
    exitCode: 40,
    httpStatus: 422,
    retryable: false,
    meaning: 'A corporate action is not valid, or the stored closes contradict it; nothing was recorded',
  },
  EOD_ACTION_UNKNOWN: {
    exitCode: 41,
    httpStatus: 404,
    retryable: false,
    meaning: 'No entered corporate action has that number',
  },
  EOD_EXCEPTION_UNKNOWN: { exitCode: 42, httpStatus: 404, retryable: false, meaning: 'No exception has that number' },
  EOD_EXCEPTION_SETTLED: {
    exitCode: 43,
    httpStatus: 409,
    retryable: false,
    meaning: 'The exception is decided already, or its evidence has changed',
  },
  EOD_DB_MISSING: {
    exitCode: 44,
    httpStatus: 404,
    retryable: false,
    meaning: 'There is no embedded database in that folder; a command that only reads creates none',
  },
  EOD_DB_PRIVILEGES: {
    exitCode: 50,
    httpStatus: 503,
    retryable: false,
    meaning: 'The user of the database may not do what a run needs: `tickstock db grants`',
  },
  EOD_DB_READ_ONLY: {
    exitCode: 51,
    httpStatus: 503,
    retryable: true,
    meaning: 'The database accepts no writes: a standby, or one that is set to read only',
  },
  EOD_INTERNAL: { exitCode: 70, httpStatus: 500, retryable: false, meaning: 'A defect in this program' },
  EOD_CANCELLED: {
    exitCode: 130,
    httpStatus: 409,
    retryable: true,
    meaning: 'Cancelled; nothing was published after that',
  },
} as const satisfies Record<string, ErrorEntry>;

/** What `run` and `backfill` end with when gates hold something back and `--holds-ok` is not given: no error, and not all is published. */
export const HELD_EXIT_CODE = 45;
/** What `status` and `sessions` end with when a session that was due is late. */
export const LATE_EXIT_CODE = 46;
/** What `doctor` ends with when it has found something. */
export const FINDINGS_EXIT_CODE = 47;
/** What `notify test` ends with when a receiver did not accept the message. */
export const NOT_ACCEPTED_EXIT_CODE = 48;
/** What `handover` ends with when the old job must stay. */
export const NOT_READY_EXIT_CODE = 49;
/** What a command ends with that did its work and could not write the result. */
export const OUTPUT_EXIT_CODE = 52;

interface ErrorEntry {
  readonly exitCode: number;
  readonly httpStatus: number;
  readonly retryable: boolean;
  readonly meaning: string;
}

export type ErrorCode = keyof typeof ERRORS;

/** The data of a session is not there yet: absent, half-written, or still that of another session. */
export const SOURCE_NOT_READY: readonly ErrorCode[] = [
  'EOD_SOURCE_MISSING',
  'EOD_SOURCE_INVALID',
  'EOD_SOURCE_MISMATCH',
];

interface PipelineErrorOptions {
  /** The next action, with the exact option or command. */
  readonly hint?: string;
  /** Facts for machines: ids, counts, paths. Never a secret. */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

const BRAND = Symbol.for('tickstock-daily.PipelineError');

/** An error with a stable code; the message says what happened, the hint what to do next. */
export class PipelineError extends Error {
  /** Also of another copy of this module: the command is a file of its own, and what extends it imports the package. */
  static override [Symbol.hasInstance](value: unknown): value is PipelineError {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  readonly [BRAND] = true;
  override readonly name = 'PipelineError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: PipelineErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.context = options.context ?? {};
  }

  get exitCode(): number {
    return ERRORS[this.code].exitCode;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }

  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      retryable: this.retryable,
      context: this.context,
    };
  }
}

/** Any thrown value as a PipelineError: its own code where it has one, EOD_INTERNAL otherwise. */
export function toPipelineError(thrown: unknown): PipelineError {
  if (thrown instanceof PipelineError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new PipelineError('EOD_INTERNAL', message, { cause: thrown });
}
