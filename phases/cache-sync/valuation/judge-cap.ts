import { SAME_COUNT } from '../../../src/exceptions/kinds/market-cap.js';
import type { CapDoubt } from './cap-beliefs.js';
import { NOTHING, type CapEvidence, type JudgedCap, type JudgedSession, type SuspectLimits } from './cap-evidence.js';
import { comparePrices, isWithin } from './compare-prices.js';
import type { PastFigure } from './past-reader.js';

/** Companies that buy back shares or are divided do not lose more of them; a feed that takes another class does. */
const MAX_SHRINKING = 5;
/** A count that misses a split differs by its ratio, and by what else has changed. */
const LAG_TOLERANCE = 1.3;
/** Shares issued for a merger or an offering change a count by less; errors of units and classes change it at least twofold. */
const MAX_ISSUE = 1.95;
const ACCEPT_ISSUE_AFTER = 1;
/**
 * Of a first figure: a stock that trades so much less for its market cap than the market does has that of another security. The market's cap is
 * about 130 days of its trading; BRK/A's, the most seen, 10,000.
 */
const MAX_THINNESS = 400;

/**
 * Decides whether a market cap is believed, by the figures of the session and by what was believed before.
 *
 * Three figures are stated: the close, the previous close and the market cap, which imply a share count. What was believed before says which
 * of them is the odd one:
 *  1. A previous close that does not fit the close (further than a factor of 5) while the stored one does is ignored. Where neither fits, the
 *     price is suspect, and the market cap stays where it was. A split that is known, or probable and undecided, is applied first.
 *  2. A market cap that agrees with the previous one moved by the return, within `factor`, is believed.
 *  3. So is one whose share count was believed lately (`memorySessions`), and long enough, and one that a person approved.
 *  4. Any other is suspect: the previous cap moved by the return is used. It is believed when it has been consistent with itself for a number
 *     of sessions, which is higher for what would reach the top lists; never while an exception about the price of the security is open, or
 *     after a person rejected it.
 *
 * Edges: without a previous close of the source the return is not adjusted for splits, and an unchanged cap is believed too: then the share
 *        count followed the split. A first figure is believed unless it is larger than every believed one, or large without trading; where
 *        nothing was believed before, there is nothing to compare it with. One that the source withdraws moves with the price for
 *        `withdrawnSessions` sessions, or for good where a person approved its share count.
 */
export function judgeCap(evidence: CapEvidence, limits: SuspectLimits, day: JudgedSession): JudgedCap {
  const { capUsd, close, past } = evidence;
  if (past === null || past.capUsd === null || past.capUsd <= 0) return judgeFirst(evidence, limits, day);
  const agrees = (left: number, right: number): boolean => isWithin(left, right, limits.factor);
  if (past.close === null && evidence.quotedPreviousClose === null && capUsd !== null) {
    return { ...NOTHING, capUsd, outcome: past.suspect === undefined ? 'none' : 'cleared' };
  }
  const { priceRatio, shareRatio, isDoubtful, isAdjusted } = comparePrices(evidence, past);
  const expected = past.capUsd * priceRatio;
  const memory = carryCounts(past, shareRatio, day);
  if (capUsd === null) return withdraw(evidence, past, expected, memory, limits);
  const isUnmoved = !isAdjusted && agrees(capUsd, past.capUsd);
  if (agrees(capUsd, expected) || isUnmoved)
    return believe(capUsd, memory, past.suspect === undefined ? 'none' : 'cleared');
  const count = capUsd / close;
  const decision = findDecision(evidence, count);
  const isOpen = evidence.moves.some(({ state }) => state === 'open');
  const isRejected = evidence.moves.some(({ state }) => state === 'rejected');
  const { suspect } = past;
  const isSteady = suspect !== undefined && agrees(capUsd, suspect.rawCapUsd * priceRatio);
  const sessions = isSteady ? suspect.sessions + 1 : 1;
  const doubt =
    isSteady && suspect.doubt !== 'WITHDRAWN'
      ? suspect.doubt
      : findDoubt(capUsd / expected, shareRatio, isDoubtful || isOpen);
  const isKnown = memory.formerCounts.some(({ shares }) => isWithin(shares, count, SAME_COUNT));
  const isPastYoung = isYoung(past, day);
  const isOver = sessions > sessionsToWait(capUsd, expected, doubt, isPastYoung, limits);
  const isExplained = isKnown || isOver || (isRejected && doubt === 'PRICE_MOVE');
  if (decision ?? (!isOpen && isExplained)) {
    // A count that was believed for a few sessions is no evidence when it comes again.
    const left = isPastYoung ? [] : [{ shares: expected / close, until: day.before }];
    const others = memory.formerCounts.filter(({ shares }) => !isWithin(shares, count, SAME_COUNT));
    return believe(capUsd, { countSince: day.session, formerCounts: [...others, ...left] }, 'accepted');
  }
  // An unadjusted price that jumps itself is not evidence: the level of the previous session is the better estimate.
  const used = isAdjusted || agrees(priceRatio, 1) ? expected : past.capUsd;
  return {
    capUsd: Math.round(used),
    rawCapUsd: capUsd,
    suspectSessions: sessions,
    doubt,
    ...memory,
    outcome: 'suspect',
  };
}

/**
 * What a security without a bar in the session keeps: there is no new evidence.
 * @param capUsd as stated
 */
export function keepPast({ suspect, ...past }: PastFigure, capUsd: number | null): JudgedCap {
  const { countSince, formerCounts } = past;
  if (suspect === undefined) return { ...NOTHING, capUsd, countSince, formerCounts };
  const { rawCapUsd, sessions, doubt } = suspect;
  return {
    capUsd: past.capUsd,
    rawCapUsd,
    suspectSessions: sessions,
    doubt,
    countSince,
    formerCounts,
    outcome: 'suspect',
  };
}

function judgeFirst(
  evidence: CapEvidence,
  { largeCapUsd, acceptLargeAfterSessions }: SuspectLimits,
  { session, largestUsd, turnoverDays }: JudgedSession,
): JudgedCap {
  const { capUsd, close, dollarVolumeUsd, past } = evidence;
  const suspect = past?.suspect;
  if (capUsd === null) {
    if (suspect?.doubt !== 'WITHDRAWN') return NOTHING;
    return { ...NOTHING, rawCapUsd: suspect.rawCapUsd, suspectSessions: suspect.sessions, doubt: suspect.doubt };
  }
  const largest = capUsd >= largeCapUsd ? largestUsd() : null;
  const thinUsd = (dollarVolumeUsd ?? 0) * (turnoverDays ?? 0) * MAX_THINNESS;
  const isThin = thinUsd > 0 && capUsd > thinUsd;
  const isOdd = largest !== null && (capUsd > largest || isThin);
  const sessions = (suspect?.doubt === 'FIRST_FIGURE' ? suspect.sessions : 0) + 1;
  const decision = findDecision(evidence, capUsd / close);
  if (decision === false || (decision === null && isOdd && sessions <= acceptLargeAfterSessions)) {
    return { ...NOTHING, rawCapUsd: capUsd, suspectSessions: sessions, doubt: 'FIRST_FIGURE', outcome: 'suspect' };
  }
  const countSince = past === null && largestUsd() === null ? null : session;
  return believe(
    capUsd,
    { countSince, formerCounts: NO_MEMORY.formerCounts },
    suspect === undefined ? 'none' : 'cleared',
  );
}

type Memory = Pick<JudgedCap, 'countSince' | 'formerCounts'>;

const NO_MEMORY: Memory = { countSince: null, formerCounts: [] };

/** Every field is listed: this is made for nearly every security, and a spread costs several times as much. */
function believe(capUsd: number, { countSince, formerCounts }: Memory, outcome: JudgedCap['outcome']): JudgedCap {
  return { capUsd, rawCapUsd: null, suspectSessions: 0, doubt: null, countSince, formerCounts, outcome };
}

/** What is remembered of share counts, in shares of this session. */
function carryCounts(
  { countSince, formerCounts }: PastFigure,
  shareRatio: number,
  { oldestMemory }: JudgedSession,
): Memory {
  if (countSince === null && formerCounts.length === 0) return NO_MEMORY;
  const recent = formerCounts.filter(({ until }) => until >= oldestMemory);
  return {
    countSince: countSince !== null && countSince >= oldestMemory ? countSince : null,
    formerCounts:
      shareRatio === 1 ? recent : recent.map(({ shares, until }) => ({ shares: shares * shareRatio, until })),
  };
}

function withdraw(
  evidence: CapEvidence,
  { suspect, capUsd }: PastFigure,
  expected: number,
  memory: Memory,
  { withdrawnSessions }: SuspectLimits,
): JudgedCap {
  const sessions = (suspect?.doubt === 'WITHDRAWN' ? suspect.sessions : 0) + 1;
  const isKept = findDecision(evidence, expected / evidence.close) ?? sessions <= withdrawnSessions;
  return {
    capUsd: isKept ? Math.round(expected) : null,
    rawCapUsd: suspect?.rawCapUsd ?? capUsd,
    suspectSessions: sessions,
    doubt: 'WITHDRAWN',
    ...memory,
    outcome: 'suspect',
  };
}

/** What a person said about a share count; null: nothing. */
function findDecision({ decisions }: CapEvidence, count: number): boolean | null {
  return decisions.find(({ shares }) => isWithin(shares, count, SAME_COUNT))?.isRight ?? null;
}

function findDoubt(capRatio: number, shareRatio: number, isPriceDoubtful: boolean): CapDoubt {
  if (isPriceDoubtful) return 'PRICE_MOVE';
  return shareRatio !== 1 && isWithin(capRatio * shareRatio, 1, LAG_TOLERANCE) ? 'SPLIT_LAG' : 'SHARE_COUNT';
}

/** Sessions in which a consistent figure is suspect before it is believed. */
function sessionsToWait(
  capUsd: number,
  expected: number,
  doubt: CapDoubt,
  isPastYoung: boolean,
  { largeCapUsd, acceptAfterSessions, acceptLargeAfterSessions }: SuspectLimits,
): number {
  if (doubt === 'SPLIT_LAG' || doubt === 'PRICE_MOVE') return acceptLargeAfterSessions;
  if (doubt === 'SHARE_COUNT' && isWithin(capUsd, expected, MAX_ISSUE)) return ACCEPT_ISSUE_AFTER;
  if (capUsd > expected) return capUsd >= largeCapUsd ? acceptLargeAfterSessions : acceptAfterSessions;
  if (isPastYoung) return ACCEPT_ISSUE_AFTER;
  const isCollapse = expected >= largeCapUsd && capUsd * MAX_SHRINKING < expected;
  return isCollapse ? acceptLargeAfterSessions : acceptAfterSessions;
}

function isYoung({ countSince }: PastFigure, { youngSince }: JudgedSession): boolean {
  return countSince !== null && countSince >= youngSince;
}
