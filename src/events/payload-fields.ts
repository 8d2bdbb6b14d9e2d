import { z } from 'zod';

/**
 * The kinds of value that payloads are made of. The consumer formats numbers without looking, so none may be null, missing or not a number:
 * what is not known yet is 0, and a text that is not known yet is empty.
 */
export const runId = z.uuid().describe('the run; the same in every event of it');
export const session = z.iso.date().describe('trading day, YYYY-MM-DD');
export const text = z.string();
export const name = z.string().min(1);
export const names = z.array(name);
export const flag = z.boolean();
export const count = z.int().nonnegative();
export const percent = z.number().min(0).max(100).describe('0 to 100');
export const seconds = z.number().nonnegative().describe('seconds');
export const etaSeconds = seconds.describe('seconds to go; 0 while that cannot be said');
export const milliseconds = z.number().nonnegative().describe('milliseconds');
export const currentSymbol = text.describe('what was finished last; empty when there is none');
export const estimatedCompletion = z.iso
  .datetime()
  .nullable()
  .describe('UTC instant, ends in Z; null while it cannot be said');
