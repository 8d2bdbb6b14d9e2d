import { z } from 'zod';

export const key = z.string().regex(/^[a-z0-9_]+$/, 'a key of a-z, 0-9 and _ only');
export const title = z.string().trim().min(1);
const ticker = z.string().trim().min(1).max(20);
export const word = z.string().trim().min(1);
export const usd = z.number().nonnegative();
export const count = z.number().int().positive().max(1_000_000);
export const percent = z.number().min(0).max(100);
/** Whether each share class counts, or each company once. */
export const by = z
  .enum(['security', 'company'])
  .default('security')
  .describe('security: every share class; company: each company once, with its other classes beside it');
export const tickers = z.array(ticker);

/**
 * Refuses duplicate entries of a list: entries that agree in one of `fields`, or equal entries when no fields are given. Also runs when
 * other parts of the list are invalid, so that one report names every problem. The first field identifies an entry: a file that changes the
 * shipped one names it by this.
 */
export function unique<Entry extends z.ZodType>(
  list: z.ZodArray<Entry>,
  ...fields: readonly string[]
): z.ZodArray<Entry> {
  const checked = list.superRefine(
    (entries: unknown, context) => {
      if (!Array.isArray(entries)) return;
      for (const field of fields.length === 0 ? [null] : fields) {
        const seen = new Map<unknown, number>();
        entries.forEach((entry: unknown, index) => {
          const value = field === null ? entry : (entry as Record<string, unknown> | null)?.[field];
          if (value === undefined) return;
          const first = seen.get(value);
          if (first === undefined) {
            seen.set(value, index);
            return;
          }
          const [path, other] = [index, first].map((at) => (field === null ? [at] : [at, field]));
          const message = `is ${JSON.stringify(value)} a second time`;
          context.addIssue({ code: 'custom', path, message, params: { other } });
        });
      }
    },
    { when: () => true },
  );
  return fields[0] === undefined ? checked : checked.meta({ identity: fields[0] });
}
