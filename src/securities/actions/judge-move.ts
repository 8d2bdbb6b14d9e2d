import type { SessionDate } from '../../core/session.js';

/** A close beside the one before it. Prices are USD as decimal text, because the number of decimals says how far they were rounded. */
export interface PriceMove {
  readonly symbol: string;
  readonly close: string;
  readonly previousClose: string;
  readonly previousSession: SessionDate;
  /** The source's previous close, adjusted for splits and dividends; null: it has none. */
  readonly quotedPreviousClose: string | null;
  /** Whether the previous close is of the session before, and most of the quoted previous closes agree with that session. */
  readonly isComparable: boolean;
  /** Sessions without a bar between the two closes. */
  readonly absentSessions: number;
  /** Dollar volume by the median of ten sessions before; null: unknown. */
  readonly dollarVolumeRatio: number | null;
}

/** Shares after by shares before: 10 and 1 for a split of 10:1, 1 and 25 for a reverse split of 1:25. */
export interface ShareRatio {
  readonly newShares: number;
  readonly oldShares: number;
}

/**
 * `ODD_RATIO`: the quoted previous close is not the stored one, and their ratio is none of a split.
 * `GAP`: the session between is missing or not to be trusted. `UNADJUSTED`: the source did not adjust what looks like a split.
 * `CONTRADICTED`: neither the stored nor the quoted previous close fits the close.
 */
type DoubtReason = 'ODD_RATIO' | 'GAP' | 'UNADJUSTED' | 'CONTRADICTED';

export type MoveVerdict =
  | ({ readonly kind: 'split' } & ShareRatio)
  /** A cash dividend or a spin-off, USD a share. */
  | { readonly kind: 'distribution'; readonly amountUsd: number }
  | { readonly kind: 'doubt'; readonly reason: DoubtReason; readonly proposal: ShareRatio | null };

/** Smaller differences of the quoted and the stored previous close are dividends. */
export const MIN_RATIO = 1.2;
/** A price that moves this far in one session may have been split. */
const MIN_SPLIT_MOVE = 1.8;
/** A move that is not a rounding, a dividend or an ordinary day. */
export const LARGE_MOVE = 1.5;
/** Stocks are split when their price is high: a lower one that falls has fallen. USD. */
const MIN_SPLIT_PRICE = 10;
/** An absence after which a jump is compared with nothing. */
const LONG_ABSENCE = 5;
/** A split changes the price, not the money traded; a crash or a rally trades several times as much. */
const USUAL_VOLUME = { min: 0.4, max: 1.6 };
const UNADJUSTED_TOLERANCE = 0.025;

/** Shares after by shares before that boards decide on, beside N:1. */
const FRACTIONS: readonly (readonly [number, number])[] = [
  [3, 2],
  [5, 2],
  [7, 2],
  [9, 2],
  [4, 3],
  [5, 3],
  [7, 3],
  [8, 3],
  [10, 3],
  [5, 4],
  [7, 4],
  [9, 4],
];
const MAX_SPLIT = 60;
const MAX_REVERSE_SPLIT = 1000;
/** Reverse splits of fund managers and mergers have ratios such as 1:6.25. */
const REVERSE_DENOMINATORS = [2, 4, 5, 8];
const ROUND_RATIOS = [1000, 500, 250, 100, 50, 25, 20, 10, 5];

/**
 * What a close and the source's own previous close say about the shares.
 *
 * The source adjusts its previous close for splits: quoted by stored previous close is the factor. It is snapped to a ratio of whole shares
 * within the rounding of the figures, and believed where the close fits the quoted previous close rather than the stored one. What fits no
 * ratio is a distribution where the factor is below 1, since nothing else lowers a previous close, and doubtful otherwise. Nothing is derived
 * over a missing or doubtful session.
 *
 * @returns undefined for an ordinary move
 */
export function judgeMove(move: PriceMove): MoveVerdict | undefined {
  const close = Number(move.close);
  const stored = Number(move.previousClose);
  const quoted = Number(move.quotedPreviousClose ?? move.previousClose);
  // A row carried over from the session before: its previous close is that of an earlier one.
  if (close === stored || quoted <= 0) return undefined;
  const factor = quoted / stored;
  if (!move.isComparable) return judgeOverGap(move, { close, stored, factor });
  if (distance(factor) < Math.log(MIN_RATIO)) return judgeUnadjusted(move, close / stored, stored);
  const [toQuoted, toStored] = [distance(close / quoted), distance(close / stored)];
  if (toQuoted > Math.log(1.6) && toQuoted > 1.5 * toStored) {
    return toStored < Math.log(LARGE_MOVE) ? undefined : doubt('CONTRADICTED', null);
  }
  const tolerance = roundingOf(quoted, move.quotedPreviousClose ?? '') / quoted + roundingOf(stored) / stored;
  return factor < 1 ? judgeSplit(factor, tolerance, stored - quoted) : judgeReverseSplit(factor, tolerance);
}

/** Whether an action of that ratio explains a move: the close is nearer to the adjusted previous close than to the stored one. */
export function explainsMove({ newShares, oldShares }: ShareRatio, close: number, previousClose: number): boolean {
  const adjusted = (previousClose * oldShares) / newShares;
  return distance(close / adjusted) < distance(close / previousClose) || distance(close / adjusted) < Math.log(1.1);
}

function judgeSplit(factor: number, tolerance: number, amountUsd: number): MoveVerdict {
  const ratios = [...wholeRatios(MAX_SPLIT), ...FRACTIONS];
  const within = (limit: (newShares: number, oldShares: number) => number) =>
    ratios.find(
      ([newShares, oldShares]) => Math.abs((factor * newShares) / oldShares - 1) <= limit(newShares, oldShares),
    );
  const exact = within(() => tolerance);
  if (exact !== undefined) return { kind: 'split', newShares: exact[0], oldShares: exact[1] };
  // A split and a dividend on one day, or figures rounded further than they look: too near to a ratio to be anything else for certain.
  const near = within((_, oldShares) => (oldShares === 1 ? 0.02 : 0.002));
  if (near !== undefined) return doubt('ODD_RATIO', { newShares: near[0], oldShares: near[1] });
  return { kind: 'distribution', amountUsd: Number(amountUsd.toFixed(6)) };
}

function judgeReverseSplit(factor: number, tolerance: number): MoveVerdict {
  const [low, high] = [factor * (1 - tolerance), factor * (1 + tolerance)];
  const whole = listWhole(low, high).filter((count) => count >= 2 && count <= MAX_REVERSE_SPLIT);
  const rounded = ROUND_RATIOS.map((step) => whole.filter((count) => count % step === 0)).find(
    (found) => found.length === 1,
  );
  const [only] = whole.length === 1 ? whole : (rounded ?? []);
  if (only !== undefined) return { kind: 'split', newShares: 1, oldShares: only };
  const fractions = REVERSE_DENOMINATORS.flatMap((newShares) =>
    listWhole(low * newShares, high * newShares).map((oldShares) => ({ newShares, oldShares })),
  );
  const [fraction] = fractions;
  if (whole.length === 0 && fraction !== undefined && fractions.every((each) => isSame(each, fraction)))
    return { kind: 'split', ...fraction };
  return doubt('ODD_RATIO', { newShares: 1, oldShares: Number(factor.toFixed(4)) });
}

function judgeUnadjusted(
  { dollarVolumeRatio }: PriceMove,
  ratio: number,
  previousClose: number,
): MoveVerdict | undefined {
  if (distance(ratio) < Math.log(MIN_SPLIT_MOVE)) return undefined;
  if (ratio < 1 && previousClose < MIN_SPLIT_PRICE) return undefined;
  if (dollarVolumeRatio === null || dollarVolumeRatio < USUAL_VOLUME.min || dollarVolumeRatio > USUAL_VOLUME.max)
    return undefined;
  const proposal = toNearestRatio(ratio);
  const times = Math.exp(distance(ratio));
  const isNear = Math.abs(times / Math.round(times) - 1) <= UNADJUSTED_TOLERANCE;
  return isNear ? doubt('UNADJUSTED', proposal) : undefined;
}

function judgeOverGap(
  { absentSessions }: PriceMove,
  { close, stored, factor }: { readonly close: number; readonly stored: number; readonly factor: number },
): MoveVerdict | undefined {
  const ratio = close / stored;
  if (ratio < 1 && stored < MIN_SPLIT_PRICE) return undefined;
  const isAdjusted =
    distance(factor) >= Math.log(MIN_SPLIT_MOVE) && distance(ratio) >= Math.log(LARGE_MOVE) && factor < 1 === ratio < 1;
  if (isAdjusted) return doubt('GAP', toNearestRatio(factor));
  const isUnseen = absentSessions >= LONG_ABSENCE && distance(ratio) >= Math.log(MIN_SPLIT_MOVE);
  return isUnseen ? doubt('GAP', toNearestRatio(ratio)) : undefined;
}

function doubt(reason: DoubtReason, proposal: ShareRatio | null): MoveVerdict {
  return { kind: 'doubt', reason, proposal };
}

/** N:1 where the price fell, 1:N where it rose. */
function toNearestRatio(priceRatio: number): ShareRatio {
  const times = Math.max(2, Math.round(Math.exp(distance(priceRatio))));
  return priceRatio < 1 ? { newShares: times, oldShares: 1 } : { newShares: 1, oldShares: times };
}

function distance(ratio: number): number {
  return Math.abs(Math.log(ratio));
}

/**
 * By how much a price may differ from the true one, USD. Closes have four decimals, which sources cut rather than round below a dollar; a quoted
 * previous close of two decimals may come from a change that was rounded to the cent.
 */
function roundingOf(price: number, quoted?: string): number {
  if (price < 1) return 1e-4;
  return quoted !== undefined && (quoted.split('.')[1]?.length ?? 0) <= 2 ? 0.005 : 0.00005;
}

function wholeRatios(max: number): (readonly [number, number])[] {
  return Array.from({ length: max - 1 }, (_, index) => [index + 2, 1] as const);
}

function listWhole(low: number, high: number): number[] {
  const first = Math.ceil(low);
  return Array.from({ length: Math.max(0, Math.floor(high) - first + 1) }, (_, index) => first + index);
}

function isSame(left: ShareRatio, right: ShareRatio): boolean {
  return left.newShares * right.oldShares === right.newShares * left.oldShares;
}
