import { PipelineError } from '../../../src/core/errors.js';

/** Fields of an error of the server's. */
interface ServerError {
  readonly code?: string;
  readonly message?: string;
  readonly detail?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
}

const DENIED = '42501';
const TYPES =
  'content columns of cache_entries must be jsonb, times timestamp or timestamptz, and all other columns text';
const ADVICE: Readonly<Record<string, (error: ServerError) => string>> = {
  [DENIED]: ({ message = '' }) => {
    const sequence = /sequence (\S+)/.exec(message)?.[1];
    return sequence === undefined
      ? 'grant select, insert, update and delete on cache_entries to the user of DATABASE_URL'
      : `grant usage on sequence ${sequence} to the user of DATABASE_URL`;
  },
  23505: ({ constraint = '' }) =>
    `drop the unique index ${constraint}, or extend it to the identifying columns of cache_entries; ` +
    'if another program was writing the same rows, run the same command again',
  23502: ({ column = '' }) => `give column ${column} of cache_entries a default, or let it be null`,
  23514: ({ constraint = '' }) => `drop the constraint ${constraint} of cache_entries`,
  23503: ({ constraint = '' }) => `drop the constraint ${constraint} of cache_entries`,
  22001: () => 'widen the text columns of cache_entries: names and keys have up to 255 characters',
  42804: () => TYPES,
  42883: () => TYPES,
  '428C9': ({ column = '' }) => `column ${column} of cache_entries is generated; make it an ordinary one`,
};

/**
 * Explains why the server refuses to read or write `cache_entries`: the table may belong to another program, with its own constraints and
 * privileges.
 * @throws EOD_DB_SCHEMA for what must be changed in the database; any other error unchanged
 */
export async function explainRefusal<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw toRefusal(error) ?? error;
  }
}

function toRefusal(error: unknown): PipelineError | undefined {
  const fields = (error ?? {}) as ServerError;
  const { code = '', message = '', detail, column, constraint } = fields;
  const advice = ADVICE[code];
  if (advice === undefined || error instanceof PipelineError || !isAboutTable(fields)) return undefined;
  const facts = { sqlState: code, detail, column, constraint };
  return new PipelineError(
    'EOD_DB_SCHEMA',
    `cache_entries refuses the rows to be published: ${message}${detail === undefined ? '' : ` (${detail})`}`,
    {
      hint: `${advice(fields)}; nothing was published`,
      context: Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined)),
      cause: error,
    },
  );
}

/** The server reports the table of a violated constraint as a field, and that of a denied privilege only in its message. */
function isAboutTable({ code, message = '', table = 'cache_entries' }: ServerError): boolean {
  return code === DENIED ? message.includes('cache_entries') : table === 'cache_entries';
}
