import { PipelineError } from '../core/errors.js';
import type { Database } from '../db/database.js';
import { DECIDE_OPEN, REPLACE_DECISION } from './record-decision.sql.js';
import type { ExceptionDecision, ShownException } from './kind.js';

/**
 * Records what a person says about two tickers, or about a figure. A decision may be changed: the former one stays as superseded, with who made it.
 *
 * @throws EOD_EXCEPTION_SETTLED when it was decided or superseded meanwhile
 */
export async function recordDecision(
  database: Database,
  { id, state: before }: ShownException,
  { by, at, approves }: ExceptionDecision,
): Promise<void> {
  const state = approves ? 'approved' : 'rejected';
  await database.transaction(async ({ client }) => {
    const decide = before === 'open' ? DECIDE_OPEN : REPLACE_DECISION;
    if ((await decide.write(client, { id, before, state, at, by })) > 0) return;
    throw new PipelineError('EOD_EXCEPTION_SETTLED', `exception ${id} was decided meanwhile`, {
      hint: `\`tickstock exceptions show ${id}\` shows it`,
    });
  });
}

/** @throws EOD_ACTION_INVALID */
export function refuseRatio({ id }: ShownException, { ratio }: ExceptionDecision): void {
  if (ratio === undefined) return;
  throw new PipelineError('EOD_ACTION_INVALID', `exception ${id} takes no ratio`, {
    hint: `without --ratio: \`tickstock exceptions approve ${id}\``,
  });
}
