import { PipelineError } from '../../core/errors.js';

const OWN_SERVER = 'set DATABASE_URL to use a PostgreSQL server of your own';

/** Known causes, recognised in the output of PostgreSQL or the operating system (always English: it runs with LC_ALL=C). */
const CAUSES: readonly { readonly pattern: RegExp; readonly hint: string }[] = [
  { pattern: /no space left on device|ENOSPC|EDQUOT|quota exceeded/i, hint: 'free some disk space, then try again' },
  {
    pattern: /permission denied|EACCES|EPERM|wrong ownership|operation not permitted/i,
    hint: 'give the user running this program the data folder (chown -R), or choose another with database.dataDir',
  },
  { pattern: /read-only file system|EROFS/i, hint: 'choose a writable folder with database.dataDir' },
  {
    pattern: /cannot allocate memory|could not map anonymous shared memory|ENOMEM/i,
    hint: 'free some memory (the server reserves 256 MB)',
  },
];

/**
 * An EOD_EMBEDDED error whose hint fits the cause, if `evidence` (log lines, a system error) shows a known one.
 *
 * Shape: the message, then the evidence on lines of its own, so that the reader needs no second place to look.
 */
export function embeddedFailure(message: string, evidence = '', cause?: unknown): PipelineError {
  const known = CAUSES.find(({ pattern }) => pattern.test(evidence));
  return new PipelineError('EOD_EMBEDDED', evidence === '' ? message : `${message}\n${evidence}`, {
    hint: known === undefined ? OWN_SERVER : `${known.hint}; or ${OWN_SERVER}`,
    cause,
  });
}
