import { z } from 'zod';

const SHARE_KINDS = ['split', 'stock_dividend', 'unit_change'] as const;
const ENTERED_KINDS = [...SHARE_KINDS, 'cash_dividend', 'spin_off', 'merger', 'none'] as const;

/** What may be entered. `none`: the price moved without an action. */
export type EnteredKind = (typeof ENTERED_KINDS)[number];

/** An action to record. `ratio` is new:old shares, `10:1` or `1:25`. */
export interface ActionEntry {
  readonly symbol: string;
  readonly session: string;
  readonly kind: string;
  readonly ratio?: string | undefined;
  readonly amountUsd?: string | number | undefined;
}

const ratioSchema = z
  .string()
  .regex(/^\d{1,7}(\.\d{1,6})?:\d{1,7}(\.\d{1,6})?$/, 'must be new:old shares, such as 10:1 or 1:25')
  .transform((text) => text.split(':').map(Number))
  .refine(([newShares = 0, oldShares = 0]) => newShares > 0 && oldShares > 0 && newShares !== oldShares, {
    message: 'must be two different numbers above zero',
  });

/** The fields of an entry, each problem with the name of its column. */
export const entrySchema = z
  .object({
    symbol: z.string().trim().min(1, 'is missing').max(20, 'is longer than 20 characters'),
    session: z.string().trim(),
    kind: z.enum(ENTERED_KINDS, `must be one of ${ENTERED_KINDS.join(', ')}`),
    ratio: z.preprocess((value) => (value === '' ? undefined : value), ratioSchema.optional()),
    amountUsd: z.preprocess(
      (value) => (value === '' || value === undefined ? undefined : Number(value)),
      z
        .number('must be a number above zero, in USD')
        .positive('must be above zero')
        .max(1e7, 'is more than any share')
        .optional(),
    ),
  })
  .superRefine(({ kind, ratio, amountUsd }, context) => {
    const hasShares = (SHARE_KINDS as readonly string[]).includes(kind);
    const issue = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    if (hasShares && ratio === undefined) issue('ratio', `is missing: ${kind} needs new:old shares, such as 10:1`);
    if (!hasShares && ratio !== undefined) issue('ratio', `does not belong to ${kind}`);
    if (kind === 'cash_dividend' && amountUsd === undefined) issue('amount_usd', 'is missing: USD a share');
    if ((hasShares || kind === 'none') && amountUsd !== undefined) issue('amount_usd', `does not belong to ${kind}`);
  });
