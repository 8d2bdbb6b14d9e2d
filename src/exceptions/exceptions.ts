import type { TradingCalendar } from '../core/calendar.js';
import { PipelineError } from '../core/errors.js';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { addActions } from '../securities/actions/corporate-actions.js';
import { READ_EXCEPTIONS, type PriceEvidence } from './exceptions.sql.js';

export type { PriceEvidence } from './exceptions.sql.js';

export type ExceptionState = 'open' | 'approved' | 'rejected' | 'superseded';

/** One figure that a person must decide about. Instants are ISO text in UTC. */
export interface ExceptionRecord {
  readonly id: number;
  /** `PRICE_MOVE`: a price moved like that of a split, and no action explains it. */
  readonly kind: 'PRICE_MOVE';
  readonly symbol: string;
  readonly name: string | null;
  readonly session: SessionDate;
  /** `ODD_RATIO`, `GAP`, `UNADJUSTED` or `CONTRADICTED`; see `docs/corporate-actions.md`. */
  readonly reason: string;
  /** What is doubted, in one sentence. */
  readonly message: string;
  /** What is used until it is decided. */
  readonly meanwhile: string;
  readonly evidence: PriceEvidence;
  /** new:old shares that approving records; null: none can be proposed. */
  readonly proposal: string | null;
  readonly state: ExceptionState;
  readonly knownAt: string;
  readonly decidedAt: string | null;
  readonly decidedBy: string | null;
}

export interface ExceptionFilter {
  /** Default: `open`. */
  readonly state?: 'open' | 'all' | undefined;
  readonly symbol?: string | undefined;
  readonly limit: number;
}

/** Who decides. */
export interface ExceptionDecision {
  readonly by: string;
  readonly at: Date;
}

/** Newest session first. */
export async function readExceptions(
  database: Database,
  { state = 'open', symbol, limit }: ExceptionFilter,
): Promise<ExceptionRecord[]> {
  return read(database, { state, symbol: symbol ?? null, id: null, limit });
}

/** @throws EOD_EXCEPTION_UNKNOWN */
export async function readException(database: Database, id: number): Promise<ExceptionRecord> {
  const [found] = await read(database, { state: 'all', symbol: null, id, limit: 1 });
  if (found !== undefined) return found;
  throw new PipelineError('EOD_EXCEPTION_UNKNOWN', `there is no exception ${id}`, {
    hint: '`tickstock exceptions --all` lists them',
  });
}

/**
 * Records the action that explains an exception: the proposed one, or another ratio.
 *
 * @param ratio new:old shares
 * @throws EOD_EXCEPTION_UNKNOWN, EOD_EXCEPTION_SETTLED when it is decided, or the evidence has changed; EOD_ACTION_INVALID for a ratio that the
 * closes contradict, or where there is none to record
 */
export async function approveException(
  database: Database,
  calendar: TradingCalendar,
  id: number,
  { by, at, ratio }: ExceptionDecision & { readonly ratio?: string | undefined },
): Promise<ExceptionRecord> {
  const exception = await readException(database, id);
  assertOpen(exception);
  const recorded = ratio ?? exception.proposal;
  if (recorded === null) {
    throw new PipelineError('EOD_ACTION_INVALID', `no ratio can be proposed for exception ${id}`, {
      hint: `say it: \`tickstock exceptions approve ${id} --ratio 10:1\``,
    });
  }
  // The proposal is made from the closes; a ratio that a person names must explain them.
  await decide(
    database,
    calendar,
    exception,
    { kind: 'split', ratio: recorded },
    { by, at, force: ratio === undefined },
  );
  return readException(database, id);
}

/**
 * Says that the price moved without an action: closes before it count as they are.
 * @throws EOD_EXCEPTION_UNKNOWN, EOD_EXCEPTION_SETTLED
 */
export async function rejectException(
  database: Database,
  calendar: TradingCalendar,
  id: number,
  decision: ExceptionDecision,
): Promise<ExceptionRecord> {
  const exception = await readException(database, id);
  assertOpen(exception);
  await decide(database, calendar, exception, { kind: 'none' }, { ...decision, force: false });
  return readException(database, id);
}

/** The action settles the exception in the same transaction (`addActions`). */
async function decide(
  database: Database,
  calendar: TradingCalendar,
  { symbol, session }: ExceptionRecord,
  action: { readonly kind: string; readonly ratio?: string },
  { by, at, force }: ExceptionDecision & { readonly force: boolean },
): Promise<void> {
  await addActions(database, calendar, [{ symbol, session, ...action }], { by, at, source: 'person', force });
}

async function read(
  database: Database,
  values: Parameters<typeof READ_EXCEPTIONS.rows>[1],
): Promise<ExceptionRecord[]> {
  const rows = await READ_EXCEPTIONS.rows(database.pool, values);
  return rows.map(({ id, proposal, evidence, ...row }) => ({
    ...row,
    id: Number(id),
    kind: 'PRICE_MOVE',
    state: row.state as ExceptionState,
    evidence,
    proposal: proposal === null ? null : `${proposal.newShares}:${proposal.oldShares}`,
    message: describe(row.reason, evidence),
    meanwhile:
      row.state === 'open'
        ? 'indicators that these closes enter are null'
        : 'decided: indicators are computed by what was decided',
  }));
}

function describe(reason: string, evidence: PriceEvidence): string {
  const { close, previous_close: before, previous_session: since, quoted_previous_close: quoted } = evidence;
  const moved = `the close went from ${before} (${since}) to ${close}`;
  if (reason === 'UNADJUSTED')
    return `${moved} at the usual dollar volume, and the source did not adjust the close before`;
  if (reason === 'GAP') return `${moved}, with a session between that is missing or not to be trusted`;
  if (reason === 'CONTRADICTED') return `${moved}, and the source quotes ${quoted} as the close before`;
  return `${moved}, and the source quotes ${quoted} as the close before: ${ratioOf(quoted, before)} times, which is no ratio of a split`;
}

function ratioOf(quoted: number | null, before: number): string {
  return quoted === null ? '–' : String(Number((quoted / before).toFixed(4)));
}

function assertOpen({ id, state, decidedBy, decidedAt }: ExceptionRecord): void {
  if (state === 'open') return;
  const how =
    state === 'superseded'
      ? 'has been superseded: the prices have changed since'
      : `was ${state} by ${decidedBy ?? 'unknown'}${decidedAt === null ? '' : ` on ${decidedAt.slice(0, 10)}`}`;
  throw new PipelineError('EOD_EXCEPTION_SETTLED', `exception ${id} ${how}`, {
    hint: '`tickstock exceptions` lists the open ones; a decision is taken back by `tickstock actions withdraw`',
    context: { exception: id, state },
  });
}
