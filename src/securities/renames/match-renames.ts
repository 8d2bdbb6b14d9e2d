import type { SessionDate } from '../../core/session.js';
import { areNamesAlike } from './alike-names.js';
import {
  type Arrived,
  type Departed,
  append,
  Candidates,
  impliedShares,
  isPositive,
  SHARES_TOLERANCE,
  withoutSeparators,
} from './rename-candidates.js';

export type { Arrived, Departed } from './rename-candidates.js';

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
  /** The newcomer's market cap by the last one of the old ticker; null: one of them is unknown. */
  readonly capRatio: number | null;
  readonly isNameAlike: boolean;
  readonly isFigiEqual: boolean;
  /** Whether the tickers differ in separators only: `BRK/B`, `BRK.B`. */
  readonly isNotation: boolean;
}

/** What was found: certain renames, and probable ones that a person must decide about. */
export interface MatchedRenames {
  readonly renames: readonly Rename[];
  readonly probable: readonly ProbableRename[];
}

/** A rename that is not certain, and what speaks against it. */
export interface ProbableRename extends Rename {
  readonly reason: 'SEVERAL_MATCH' | 'OTHER_SHARE_COUNT' | 'OTHER_PRICE' | 'OTHER_NAME_AND_PRICE';
  /** USD; of the old ticker. */
  readonly formerCapUsd: number | null;
}

/** What a person decided: newcomer → ticker that left → whether they are one security. */
export type RenameDecisions = ReadonlyMap<string, ReadonlyMap<string, boolean>>;

/** Closes are rounded to the cent. */
const CLOSE_TOLERANCE = 0.003;
/** Without a quoted previous close: a security that lost or gained more overnight is not recognised. */
const MAX_PRICE_RATIO = 2;
/** Of the caps of one company on two evenings, where a split or another share count hides the rest. */
const CAP_TOLERANCE = 0.1;
/** Counts of offerings are round, and several companies have the same one. */
const ROUND_SHARES = 100_000;

/**
 * Finds the securities that changed their ticker: one ticker stops trading and another, never seen before, starts in the next session.
 *
 * The same FIGI decides, and so does a ticker that differs in separators only, at a price near the last one. Otherwise the implied share count, cap ÷ close, does: it is the same to the digit before and after, whereas names
 * change with the ticker, and some exchanges quote no previous close for a new ticker, as on a first day. It needs one more sign: the quoted
 * previous close equals the last close; or there is none quoted, and the count is not a round one or the name is alike. Where no cap is known,
 * an equal previous close or a price near the last one needs the same name.
 *
 * Probable, not certain, is an alike name with the same previous close or about the same cap (a split or a new count on the same evening), and
 * the same uneven count at a price that is not the last one.
 *
 * Shape: a ticker is in at most one rename. Where several match, the alike name decides; if that does not, all of them are probable.
 * Edges: securities of different types are never the same: a warrant has the share count of its company. Only when-issued shares have no
 *        type before they are issued; and some feeds tell the type by the ticker, which another notation changes.
 */
export function matchRenames(
  departed: readonly Departed[],
  arrived: readonly Arrived[],
  previousOf: (session: SessionDate) => SessionDate,
  decisions: RenameDecisions = new Map(),
): MatchedRenames {
  const found: ProbableRename[] = [];
  const probable: ProbableRename[] = [];
  const candidates = new Candidates(departed);
  for (const newcomer of arrived) {
    const previous = previousOf(newcomer.firstSession);
    for (const old of candidates.of(newcomer, decisions.get(newcomer.symbol))) {
      const evidence = weigh(old, newcomer);
      if (old.type !== newcomer.type && !isWhenIssued(old) && !evidence.isNotation) continue;
      if (old.lastSession < previous || old.lastSession >= newcomer.firstSession) continue;
      const decision = decisions.get(newcomer.symbol)?.get(old.symbol) ?? null;
      if (decision === false) continue;
      const rename: ProbableRename = {
        from: old.symbol,
        to: newcomer.symbol,
        lastSession: old.lastSession,
        firstSession: newcomer.firstSession,
        evidence,
        reason: 'SEVERAL_MATCH',
        formerCapUsd: old.marketCapUsd,
      };
      const isCertain = evidence.isFigiEqual || (evidence.isNotation && isPriceNear(old, newcomer));
      if (decision === true || isCertain || isSame(evidence, old, newcomer)) found.push(rename);
      else {
        const reason = findDoubt(evidence, newcomer);
        if (reason !== null) probable.push({ ...rename, reason });
      }
    }
  }
  const rivals = new Rivals(found, decisions);
  const renames = found.filter((rename) => rivals.isOnly(rename));
  const settled = new Set(renames.flatMap(({ from, to }) => [from, to]));
  const isOpen = ({ from, to }: Rename): boolean => !settled.has(from) && !settled.has(to);
  return { renames, probable: [...found, ...probable].filter(isOpen) };
}

/** Matches by ticker, to see which compete. */
class Rivals {
  private readonly byTicker = new Map<string, Rename[]>();

  constructor(
    found: readonly Rename[],
    private readonly decisions: RenameDecisions,
  ) {
    for (const rename of found) {
      append(this.byTicker, `-${rename.from}`, rename);
      append(this.byTicker, `+${rename.to}`, rename);
    }
  }

  isOnly(rename: Rename): boolean {
    if (this.isDecided(rename)) return true;
    const rivals = [`-${rename.from}`, `+${rename.to}`].flatMap((key) => this.byTicker.get(key) ?? []);
    return rivals.every(
      (other) => other === rename || (!this.isDecided(other) && isStronger(rename.evidence, other.evidence)),
    );
  }

  private isDecided({ from, to }: Rename): boolean {
    return this.decisions.get(to)?.get(from) === true;
  }
}

/** FIGI and notation before an alike name. */
function isStronger(ours: RenameEvidence, theirs: RenameEvidence): boolean {
  const strengthOf = ({ isFigiEqual, isNotation, isNameAlike }: RenameEvidence): number =>
    isFigiEqual ? 3 : isNotation ? 2 : isNameAlike ? 1 : 0;
  return strengthOf(ours) > strengthOf(theirs);
}

function weigh(old: Departed, newcomer: Arrived): RenameEvidence {
  const [before, after] = [impliedShares(old), impliedShares(newcomer)];
  return {
    sharesRatio: before === null || after === null ? null : after / before,
    closeRatio: newcomer.previousClose === null || !isPositive(old.close) ? null : newcomer.previousClose / old.close,
    capRatio:
      isPositive(old.marketCapUsd) && isPositive(newcomer.marketCapUsd)
        ? newcomer.marketCapUsd / old.marketCapUsd
        : null,
    isNameAlike: areNamesAlike(old.name, newcomer.name),
    isFigiEqual: old.figi !== null && old.figi === newcomer.figi,
    isNotation: withoutSeparators(old.symbol) === withoutSeparators(newcomer.symbol),
  };
}

/** What speaks against a probable rename; null: it is not probable. */
function findDoubt(
  { sharesRatio, closeRatio, capRatio, isNameAlike }: RenameEvidence,
  newcomer: Arrived,
): ProbableRename['reason'] | null {
  const isCloseEqual = closeRatio !== null && Math.abs(closeRatio - 1) <= CLOSE_TOLERANCE;
  if (isNameAlike && isCloseEqual) return 'OTHER_SHARE_COUNT';
  if (isNameAlike && capRatio !== null && Math.abs(capRatio - 1) <= CAP_TOLERANCE) return 'OTHER_PRICE';
  const isCountEqual = sharesRatio !== null && Math.abs(sharesRatio - 1) <= SHARES_TOLERANCE;
  return isCountEqual && !isRound(impliedShares(newcomer)) ? 'OTHER_NAME_AND_PRICE' : null;
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

/** In names, for SQL and JavaScript alike. */
export const WHEN_ISSUED = 'when[- ]issued';

/** Shares of a company to come, traded before they are issued; then they trade as what they are. */
export function isWhenIssued({ name }: Pick<Departed, 'name'>): boolean {
  return new RegExp(WHEN_ISSUED, 'i').test(name ?? '');
}

function isRound(shares: number | null): boolean {
  return shares !== null && Math.abs(shares / ROUND_SHARES - Math.round(shares / ROUND_SHARES)) * ROUND_SHARES < 1;
}
