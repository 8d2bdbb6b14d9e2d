import type { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { KnownMove } from './compare-prices.js';
import type { CountDecision, JudgedCap, SuspectLimits } from './cap-evidence.js';
import { judgeCap, keepPast } from './judge-cap.js';
import type { Security } from './market.js';
import type { PastFigures } from './past.js';
import type { PastFigure } from './past-reader.js';

/** How market caps are judged. */
export interface CapRules extends SuspectLimits {
  readonly calendar: Pick<TradingCalendar, 'previous'>;
  /** By symbol; default: none. */
  readonly moves?: ReadonlyMap<string, readonly KnownMove[]>;
  readonly decisions?: ReadonlyMap<string, readonly CountDecision[]>;
}

/** `close` is null for a symbol without a bar in the session, `before` for one that was not valued in the previous session. */
export type Judge = (
  security: Security,
  capUsd: number | null,
  close: number | null,
  dollarVolumeUsd: number | null,
  before: PastFigure | null,
) => JudgedCap | null;

/** Sessions in which a share count proves itself. */
const YOUNG_SESSIONS = 20;

export function createJudge(rules: CapRules | undefined, session: SessionDate, figures: PastFigures): Judge {
  if (rules === undefined) return () => null;
  const { calendar, moves, decisions } = rules;
  let largest: number | null | undefined;
  const day = {
    session,
    before: calendar.previous(session),
    oldestMemory: calendar.previous(session, rules.memorySessions),
    youngSince: calendar.previous(session, YOUNG_SESSIONS),
    turnoverDays: figures.turnoverDays,
    largestUsd: () => (largest ??= figures.capsUsd.reduce(larger, null)),
  };
  return (security, capUsd, close, dollarVolumeUsd, past) => {
    const { symbol, quotedPreviousClose } = security;
    // A session without a bar is not evidence: a suspect cap stays suspect, at the cap used for the ranks.
    if (close === null) return past === null ? null : keepPast(past, capUsd);
    const evidence = {
      capUsd,
      close,
      quotedPreviousClose,
      dollarVolumeUsd,
      past,
      moves: moves?.get(symbol) ?? NONE,
      decisions: decisions?.get(symbol) ?? NONE,
    };
    return judgeCap(evidence, rules, day);
  };
}

const NONE: readonly never[] = [];

function larger(left: number | null, right: number | null): number | null {
  return right !== null && right > (left ?? 0) ? right : left;
}
