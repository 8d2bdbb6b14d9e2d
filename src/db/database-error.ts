import { PipelineError, toPipelineError } from '../core/errors.js';

const FULL = new Set(['53100', '53200']);
const GONE = new Set(['57P01', '57P02', '57P03', '08000', '08003', '08006', '08001', '08004', '53300']);
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH', 'ENOENT']);
const DENIED = new Set(['28P01', '28000', '3D000', '42501']);

/**
 * What a driver or server error means for the user. Messages carry the server's words, never the connection string.
 *
 * `original` wins when it already is a PipelineError: a phase's own finding must not be masked by the rollback that followed it.
 */
export function toDatabaseError(error: unknown, original: unknown = error): PipelineError {
  if (original instanceof PipelineError) return original;
  if (error instanceof PipelineError) return error;
  const { code = '', message = String(error) } = (error ?? {}) as { code?: string; message?: string };
  const text = describe(error, message);
  if (FULL.has(code)) {
    return new PipelineError('EOD_DB_FULL', `the database has no space or memory left: ${text}`, {
      hint: 'free some space on the database volume and run the same command again; nothing half-written was kept',
      cause: error,
    });
  }
  if (DENIED.has(code)) {
    return new PipelineError('EOD_DB_UNAVAILABLE', `the database refused: ${text}`, {
      hint: 'check the user, password, database name and privileges in DATABASE_URL',
      cause: error,
    });
  }
  if (
    GONE.has(code) ||
    SOCKET.has(code) ||
    /terminat|Connection ended|not queryable|timeout exceeded|ECONN/i.test(text)
  ) {
    return new PipelineError('EOD_DB_UNAVAILABLE', `the database cannot be reached: ${text}`, {
      hint: 'check that the server runs and that DATABASE_URL points to it, then run the same command again',
      cause: error,
    });
  }
  return toPipelineError(error, 'EOD_PHASE_FAILED');
}

/** An AggregateError of several connection attempts has an empty message of its own. */
function describe(error: unknown, message: string): string {
  if (message !== '') return message;
  const parts = (error as { errors?: unknown[] }).errors ?? [];
  return parts.map((part) => (part instanceof Error ? part.message : String(part))).join('; ') || 'no details given';
}
