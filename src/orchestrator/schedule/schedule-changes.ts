import { z } from 'zod';
import { PipelineError } from '../../core/errors.js';

const MAX_UNIVERSES = 100;
const MAX_NAME_LENGTH = 100;
const SHOWN_LENGTH = 60;
/** A list of a hundred wrong names is reported as one mistake. */
const SHOWN_PROBLEMS = 10;

const flag = z.boolean(allowed('true or false'));
// PostgreSQL stores neither the NUL character nor half a surrogate pair; names need no other control character either.
const universe = z.string(allowed('text')).regex(/^[^\p{Cc}\p{Cs}]+$/u, allowed('text without control characters'));

/** Any of these fields may be changed; omitted fields keep their value. The one definition, for the library and the HTTP API. */
export const scheduleChangesSchema = z
  .strictObject({
    enabled: flag,
    trigger_time: z
      .string(allowed('a time of day in New York, HH:MM'))
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, allowed('a time of day in New York, HH:MM from 00:00 to 23:59'))
      .describe('HH:MM, New York'),
    market_check: flag,
    universes: z
      .array(
        universe.max(MAX_NAME_LENGTH, allowed(`at most ${MAX_NAME_LENGTH} characters`)),
        allowed('a list of names'),
      )
      .max(MAX_UNIVERSES, allowed(`at most ${MAX_UNIVERSES} names`)),
  })
  .partial();

export type ScheduleChanges = Readonly<z.input<typeof scheduleChangesSchema>>;

/** @throws EOD_REQUEST_INVALID with the problems, at most ten, also in `context.problems` */
export function parseScheduleChanges(changes: ScheduleChanges): z.output<typeof scheduleChangesSchema> {
  const parsed = scheduleChangesSchema.safeParse(changes);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap(toProblems);
  const shown = problems.slice(0, SHOWN_PROBLEMS);
  const more = problems.length > shown.length ? `; and ${problems.length - shown.length} more` : '';
  const listed = shown.map(({ path, message }) => `${path} ${message}`).join('; ') + more;
  throw new PipelineError('EOD_REQUEST_INVALID', `the schedule was not changed: ${listed}`, {
    hint: `give any of ${Object.keys(scheduleChangesSchema.shape).join(', ')}`,
    context: { problems: shown },
  });
}

function toProblems(issue: z.core.$ZodIssue): { path: string; message: string }[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: shorten(key), message: 'is not a field of the schedule' }));
  }
  return [{ path: issue.path.join('.') || 'the schedule', message: issue.message }];
}

/** The value found and what is allowed. */
function allowed(what: string): { error: (issue: { readonly input?: unknown }) => string } {
  return {
    error: ({ input }) => {
      const found = JSON.stringify(input) ?? 'nothing';
      return `is ${shorten(found)}; allowed: ${what}`;
    },
  };
}

function shorten(text: string): string {
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
