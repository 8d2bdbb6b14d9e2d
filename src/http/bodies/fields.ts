import { z } from 'zod';
import { ERRORS, RUN_MODES, type ErrorCode } from '../../index.js';

/** The types of the fields of requests and answers. */
export const instant = z.iso.datetime().describe('UTC instant, ends in Z');
export const session = z.iso.date().describe('trading day, YYYY-MM-DD');
export const mode = z.enum(RUN_MODES).describe('what cache sync recomputes: everything, or what depends on one input');
export const seconds = z.number().nonnegative().describe('seconds');
export const percent = z.number().min(0).max(100).describe('0 to 100');
export const count = z.int().nonnegative();
export const flag = z.boolean();
/** In a request: any UUID, including versions that this service does not generate. */
export const runId = z.guid('expected the id of a run, a UUID');

/** Names, without control characters and unpaired surrogates, which PostgreSQL cannot store. */
export const name = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'has control characters or unpaired surrogates');
export const names = z.array(name).max(1000);
/** The path of something that is decided by its number. */
export function numbered(noun: string) {
  return z.object({
    id: z
      .string()
      .regex(/^[1-9]\d{0,14}$/, `expected the number of ${noun}`)
      .transform(Number),
  });
}

/** Some callers send one name instead of a list, and null instead of leaving the field out. */
export const nameOrNames = z.union([name, names]).nullish();

export const errorBody = z
  .object({
    success: z.literal(false),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]).describe('stable; match on this'),
    message: z.string().describe('what happened'),
    hint: z.string().nullable().describe('what to do next'),
    problems: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe('every problem of a refused request'),
  })
  .meta({ id: 'Error', description: 'The form of every error; the status depends on the code' });

/** A whole number in a query string, where everything is text. */
export function queryNumber({ min, max, standard }: { min: number; max: number; standard: number }) {
  const error = ({ input }: { readonly input?: unknown }): string =>
    `is ${JSON.stringify(input)}; allowed: a whole number from ${min} to ${max}`;
  return z
    .preprocess(
      (value) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value),
      z.int({ error }).min(min, { error }).max(max, { error }),
    )
    .prefault(standard)
    .describe(`${min} to ${max}`);
}
