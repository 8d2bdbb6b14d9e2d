import type { TradingCalendar } from '../core/calendar.js';
import { PipelineError } from '../core/errors.js';
import type { Database } from '../db/database.js';
import type { AnnounceRestated } from '../securities/actions/corporate-actions.js';
import { READ_EXCEPTIONS } from './exceptions.sql.js';
import type { ExceptionKind, ExceptionTexts, ShownException, StoredException } from './kind.js';
import { findKind } from './kinds/index.js';

export type { ExceptionState } from './kind.js';

/** One figure or identity that a person must decide about. Instants are ISO text in UTC. */
export interface ExceptionRecord extends ShownException, ExceptionTexts {
  /**
   * `PRICE_MOVE`: a price moved like that of a split, and no action explains it. `RENAME`: a newcomer is probably a security that left.
   * `SAME_COMPANY`: two stocks may be classes of one company. `MARKET_CAP`: a market cap is not what the price and earlier ones explain.
   */
  readonly kind: ExceptionKind['id'];
  readonly knownAt: string;
  readonly decidedAt: string | null;
  readonly decidedBy: string | null;
}

export interface ExceptionFilter {
  /** Default: `open`. */
  readonly state?: 'open' | 'all' | undefined;
  /** Either ticker, of an exception about two. */
  readonly symbol?: string | undefined;
  readonly limit: number;
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

/** @throws EOD_EXCEPTION_UNKNOWN, EOD_EXCEPTION_SETTLED */
type Decide = (
  database: Database,
  calendar: TradingCalendar,
  id: number,
  decision: {
    readonly by: string;
    readonly at: Date;
    readonly ratio?: string | undefined;
    readonly announce?: AnnounceRestated | undefined;
  },
) => Promise<ExceptionRecord>;

/**
 * Says that what is doubted is so: the action that explains a price is recorded, the proposed one or another ratio of new:old shares; two
 * tickers are one security, or one company; a stated market cap is right.
 *
 * @throws EOD_EXCEPTION_UNKNOWN, EOD_EXCEPTION_SETTLED when it is decided, or the evidence has changed; EOD_ACTION_INVALID for a ratio that the
 * closes contradict, or where there is none to record
 */
export const approveException: Decide = (database, calendar, id, decision) =>
  decide(database, calendar, id, { ...decision, approves: true });

/**
 * Says that it is not so: the price moved without an action, and closes before it count as they are; the tickers are two.
 * @throws EOD_EXCEPTION_UNKNOWN, EOD_EXCEPTION_SETTLED
 */
export const rejectException: Decide = (database, calendar, id, decision) =>
  decide(database, calendar, id, { ...decision, approves: false });

async function decide(
  database: Database,
  calendar: TradingCalendar,
  id: number,
  decision: Parameters<Decide>[3] & { readonly approves: boolean },
): Promise<ExceptionRecord> {
  const exception = await readException(database, id);
  assertDecidable(exception, decision.approves);
  const { announce } = decision;
  await findKind(exception.kind).decide({ database, calendar, announce }, exception, decision);
  return readCurrent(database, exception);
}

/** A changed decision is a row of its own. */
async function readCurrent(
  database: Database,
  { id, kind, symbol, other, session }: ExceptionRecord,
): Promise<ExceptionRecord> {
  const found = await readException(database, id);
  if (found.state !== 'superseded') return found;
  const all = await readExceptions(database, { state: 'all', symbol, limit: 1000 });
  const isCurrent = (each: ExceptionRecord): boolean =>
    each.kind === kind && each.other === other && each.session === session && each.state !== 'superseded';
  return all.find(isCurrent) ?? found;
}

async function read(
  database: Database,
  values: Parameters<typeof READ_EXCEPTIONS.rows>[1],
): Promise<ExceptionRecord[]> {
  const rows = await READ_EXCEPTIONS.rows(database.pool, values);
  return rows.map((row) => {
    const kind = findKind(row.kind);
    const stored: StoredException = { ...row, id: Number(row.id) };
    return { ...row, ...kind.describe(stored), id: stored.id, kind: kind.id, proposal: kind.propose(stored) };
  });
}

/** A decision about two tickers may be changed; one about a price is taken back with its action. */
function assertDecidable(exception: ExceptionRecord, approves: boolean): void {
  const { id, kind, state, decidedBy, decidedAt } = exception;
  if (state === 'open') return;
  if (kind !== 'PRICE_MOVE' && state === (approves ? 'rejected' : 'approved')) return;
  const how =
    state === 'superseded'
      ? `has been superseded: ${kind === 'PRICE_MOVE' ? 'the prices have changed since' : 'it was decided again, or the evidence has changed'}`
      : `was ${state} by ${decidedBy ?? 'unknown'}${decidedAt === null ? '' : ` on ${decidedAt.slice(0, 10)}`}`;
  throw new PipelineError('EOD_EXCEPTION_SETTLED', `exception ${id} ${how}`, {
    hint:
      kind === 'PRICE_MOVE'
        ? '`tickstock exceptions` lists the open ones; a decision is taken back by `tickstock actions withdraw`'
        : '`tickstock exceptions` lists the open ones',
    context: { exception: id, state },
  });
}
