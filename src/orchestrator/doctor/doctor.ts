import { toDatabaseError } from '../../db/database-error.js';
import type { Check, DoctorContext, Finding } from './check.js';
import { CHECKS } from './checks/index.js';

/** The result of one check; without a finding all is well. */
export interface CheckResult {
  readonly check: string;
  readonly title: string;
  readonly finding: Finding | null;
}

/** Runs every check, one after the other. A check that cannot be made is a finding. */
export async function examine(context: DoctorContext): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of CHECKS) results.push(await examineOne(check, context));
  return results;
}

async function examineOne(check: Check, context: DoctorContext): Promise<CheckResult> {
  const { id, title } = check;
  try {
    return { check: id, title, finding: (await check.find(context)) ?? null };
  } catch (thrown) {
    const { message, hint } = toDatabaseError(thrown);
    return { check: id, title, finding: { problem: `cannot be checked: ${message}`, fix: hint ?? 'see the message' } };
  }
}
