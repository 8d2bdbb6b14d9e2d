import type { SessionDate } from '../core/session.js';

/** A ticker without a bar since a session, as it was last seen. Money in USD; unknown figures null. */
export interface Departed {
  readonly symbol: string;
  readonly name: string | null;
  readonly type: string | null;
  /** As traded, on `lastSession`. */
  readonly close: number | null;
  /** Of the same session, as stated. */
  readonly marketCapUsd: number | null;
  readonly lastSession: SessionDate;
}

/** A ticker that was never seen before `firstSession`, with its bar and quote of this session. */
export interface Arrived {
  readonly symbol: string;
  readonly name: string | null;
  readonly type: string | null;
  readonly close: number | null;
  readonly marketCapUsd: number | null;
  /** As the source quotes it for the first session; null when it marks a first day, or when that session is past. */
  readonly previousClose: number | null;
  readonly firstSession: SessionDate;
}

/** One security under another ticker from a session on, and what shows it. */
export interface Rename {
  readonly from: string;
  readonly to: string;
  /** Last session of the old ticker. */
  readonly lastSession: SessionDate;
  /** First session of the new one. */
  readonly firstSession: SessionDate;
  readonly evidence: RenameEvidence;
}

interface RenameEvidence {
  /** Close ÷ cap of the newcomer by that of the old ticker; null: one of the figures is unknown. */
  readonly sharesRatio: number | null;
  /** The newcomer's quoted previous close by the last close of the old ticker; null: none is quoted. */
  readonly closeRatio: number | null;
  readonly isNameAlike: boolean;
}

/** A cap is whole dollars, so that the implied counts of one security agree to more digits than this; those of two rarely do. */
const SHARES_TOLERANCE = 1e-4;
/** Closes are rounded to the cent. */
const CLOSE_TOLERANCE = 0.003;
/** Without a quoted previous close: a security that lost or gained more overnight is not recognised. */
const MAX_PRICE_RATIO = 2;
/** Counts of offerings are round, and several companies have the same one. */
const ROUND_SHARES = 100_000;

/**
 * Finds the securities that changed their ticker: one ticker stops trading and another, never seen before, starts in the next session.
 *
 * The implied share count, cap ÷ close, decides: it is the same to the digit before and after, whereas names change with the ticker, and
 * some exchanges quote no previous close for a new ticker, as on a first day. It needs one more sign: the quoted previous close equals the
 * last close; or there is none quoted, and the count is not a round one or the name is alike. Where no cap is known, an equal previous close
 * or a price near the last one needs the same name.
 *
 * Shape: a ticker is in at most one rename. Where several match, the alike name decides; if that does not, none is a rename.
 * Edges: securities of different types are never the same: a warrant has the share count of its company. Only when-issued shares have no
 *        type before they are issued.
 */
export function matchRenames(
  departed: readonly Departed[],
  arrived: readonly Arrived[],
  previousOf: (session: SessionDate) => SessionDate,
): Rename[] {
  const found = arrived.flatMap((newcomer) =>
    departed.flatMap((old) => {
      if (old.type !== newcomer.type && !isWhenIssued(old)) return [];
      if (old.lastSession < previousOf(newcomer.firstSession)) return [];
      if (old.lastSession >= newcomer.firstSession) return [];
      const evidence = weigh(old, newcomer);
      if (!isSame(evidence, old, newcomer)) return [];
      const { lastSession } = old;
      return [{ from: old.symbol, to: newcomer.symbol, lastSession, firstSession: newcomer.firstSession, evidence }];
    }),
  );
  return found.filter((rename) => isOnly(rename, found));
}

function weigh(old: Departed, newcomer: Arrived): RenameEvidence {
  const [before, after] = [impliedShares(old), impliedShares(newcomer)];
  return {
    sharesRatio: before === null || after === null ? null : after / before,
    closeRatio: newcomer.previousClose === null || !isPositive(old.close) ? null : newcomer.previousClose / old.close,
    isNameAlike: areNamesAlike(old.name, newcomer.name),
  };
}

function isSame({ sharesRatio, closeRatio, isNameAlike }: RenameEvidence, old: Departed, newcomer: Arrived): boolean {
  const isCloseEqual = closeRatio !== null && Math.abs(closeRatio - 1) <= CLOSE_TOLERANCE;
  if (closeRatio !== null && !isCloseEqual) return false;
  if (sharesRatio === null) return isNameAlike && (isCloseEqual || isPriceNear(old, newcomer));
  if (Math.abs(sharesRatio - 1) > SHARES_TOLERANCE) return false;
  return isCloseEqual || (isPriceNear(old, newcomer) && (isNameAlike || !isRound(impliedShares(newcomer))));
}

function isPriceNear(old: Departed, newcomer: Arrived): boolean {
  if (!isPositive(old.close) || !isPositive(newcomer.close)) return false;
  const ratio = newcomer.close / old.close;
  return ratio <= MAX_PRICE_RATIO && ratio >= 1 / MAX_PRICE_RATIO;
}

function isOnly(rename: Rename, all: readonly Rename[]): boolean {
  const rivals = all.filter((other) => other !== rename && (other.from === rename.from || other.to === rename.to));
  return rivals.every((other) => rename.evidence.isNameAlike && !other.evidence.isNameAlike);
}

/** In names, for SQL and JavaScript alike. */
export const WHEN_ISSUED = 'when[- ]issued';

/** Shares of a company to come, traded before they are issued; then they trade as what they are. */
export function isWhenIssued({ name }: Pick<Departed, 'name'>): boolean {
  return new RegExp(WHEN_ISSUED, 'i').test(name ?? '');
}

function impliedShares({ close, marketCapUsd }: Pick<Departed, 'close' | 'marketCapUsd'>): number | null {
  return isPositive(close) && isPositive(marketCapUsd) ? marketCapUsd / close : null;
}

function isRound(shares: number | null): boolean {
  return shares !== null && Math.abs(shares / ROUND_SHARES - Math.round(shares / ROUND_SHARES)) * ROUND_SHARES < 1;
}

function isPositive(value: number | null): value is number {
  return value !== null && value > 0 && Number.isFinite(value);
}

/** Words that say the form of a company or of a security, not which one it is. */
const FORM_WORDS = new Set(
  (
    'inc incorporated corp corporation company co ltd limited plc sa nv ag lp llc trust the of and holding holdings group class a b c ' +
    'common ordinary stock share shares american depositary receipt receipts adr ads each representing new par value ' +
    'acquisition capital partners series when issued'
  ).split(' '),
);

/** Whether the words that identify the company are the same in both, in any order. */
function areNamesAlike(left: string | null, right: string | null): boolean {
  const [ours, theirs] = [identifyingWords(left), identifyingWords(right)];
  return ours.length > 0 && ours.join(' ') === theirs.join(' ');
}

function identifyingWords(name: string | null): string[] {
  const words = (name ?? '').toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...new Set(words.filter((word) => !FORM_WORDS.has(word)))].sort();
}
