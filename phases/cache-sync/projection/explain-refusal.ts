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
const TYPES = 'content columns must be jsonb, times timestamp or timestamptz, and all other columns text';
const ADVICE: Readonly<Record<string, (error: ServerError, tables: string) => string>> = {
  [DENIED]: ({ message = '' }, tables) => {
    const sequence = /sequence (\S+)/.exec(message)?.[1];
    return sequence === undefined
      ? `grant select, insert, update and delete on ${tables} to the user of DATABASE_URL`
      : `grant usage on sequence ${sequence} to the user of DATABASE_URL`;
  },
  23505: ({ constraint = '' }, tables) =>
    `drop the unique index ${constraint}, or extend it to the identifying columns of ${tables}; ` +
    'if another program was writing the same rows, run the same command again',
  23502: ({ column = '' }, tables) => `give column ${column} of ${tables} a default, or let it be null`,
  23514: ({ constraint = '' }, tables) => `drop the constraint ${constraint} of ${tables}`,
  23503: ({ constraint = '' }, tables) => `drop the constraint ${constraint} of ${tables}`,
  22001: (_, tables) => `widen the text columns of ${tables}: names and keys have up to 255 characters`,
  42804: (_, tables) => `${tables}: ${TYPES}`,
  42883: (_, tables) => `${tables}: ${TYPES}`,
  '428C9': ({ column = '' }, tables) => `column ${column} of ${tables} is generated; make it an ordinary one`,
};

/**
 * Explains why the server refuses to read or write a table that may belong to another program, with its own constraints and privileges.
 * @throws EOD_DB_SCHEMA for what must be changed in the database; any other error unchanged
 */
export async function explainRefusal<Result>(
  work: () => Promise<Result>,
  tables: readonly string[] = ['cache_entries'],
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw toRefusal(error, tables) ?? error;
  }
}

function toRefusal(error: unknown, tables: readonly string[]): PipelineError | undefined {
  const fields = (error ?? {}) as ServerError;
  const { code = '', message = '', detail, column, constraint } = fields;
  const advice = ADVICE[code];
  if (advice === undefined || error instanceof PipelineError || !isAbout(fields, tables)) return undefined;
  const about = tables.find((table) => table === fields.table || message.includes(table)) ?? tables[0] ?? '';
  const facts = { sqlState: code, detail, column, constraint };
  return new PipelineError(
    'EOD_DB_SCHEMA',
    `${about} refuses the rows to be published: ${message}${detail === undefined ? '' : ` (${detail})`}`,
    {
      hint: `${advice(fields, about)}; nothing was published`,
      context: Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined)),
      cause: error,
    },
  );
}

/** The server reports the table of a violated constraint as a field, and that of a denied privilege only in its message. */
function isAbout({ code, message = '', table }: ServerError, tables: readonly string[]): boolean {
  if (code === DENIED) return tables.some((each) => message.includes(each));
  return table === undefined || tables.includes(table);
}
