import { z } from 'zod';

/**
 * Field types of payloads. The consumer formats numbers without checks, so none may be null, missing or not a number: an unknown number is
 * 0, and an unknown text is empty.
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
export const etaSeconds = seconds.describe('seconds left; 0 while unknown');
export const milliseconds = z.number().nonnegative().describe('milliseconds');
export const currentSymbol = text.describe('last finished unit; empty before the first');
export const estimatedCompletion = z.iso.datetime().nullable().describe('UTC instant, ends in Z; null while unknown');
