import { EXCLUSION_WORDS } from '../../core/exclusions.js';
import { formatCount } from '../../core/format-count.js';
import { formatUsd, formatUsdPair } from '../../core/format-usd.js';
import type { WhyChange, WhyFlip, WhyHold } from './types.js';
import type { WhyCase } from './case.js';
import { formatBand } from './flips.js';
import { describeMeasureRule, describeStanding } from './measure.js';
import { toScopeName } from './policy.js';

/** An answer in words, one sentence a fact, the most important first. */
export function describeWhy(given: WhyCase, flips: readonly WhyFlip[]): string[] {
  return [
    describeMembership(given),
    describeRule(given),
    describeExclusion(given),
    describeRank(given),
    describeCompany(given),
    describeCap(given),
    describeSuspicion(given),
    describeCounts(given),
    describeShares(given),
    describePrice(given),
    describeBanding(given),
    ...given.why.holds.map(describeHold),
    ...flips.map(({ text }) => `It ${text}.`),
  ].filter((sentence) => sentence !== null);
}

function describeMembership({ why }: WhyCase): string {
  const { symbol, title, session, member, since, entered, left, position, size } = why;
  if (member) {
    const reason = entered === null ? '' : `: ${describeEntry(entered)}`;
    return `${symbol} is in ${title} on ${session}, number ${formatCount(position ?? 0)} of ${formatCount(size)}, since ${since}${reason}.`;
  }
  const before = left === null ? '' : `; it left on ${left.session}: ${describeExit(left)}`;
  return `${symbol} is not in ${title} on ${session}, which has ${formatCount(size)} members${before}.`;
}

function describeEntry({ reason, session, detail }: WhyChange): string {
  const from = detail?.['from'];
  return reason === 'RENAMED' && typeof from === 'string'
    ? `it was ${from} before ${session} (RENAMED)`
    : toWords(reason);
}

function describeExit({ reason, detail }: WhyChange): string {
  const to = detail?.['to'];
  return reason === 'RENAMED' && typeof to === 'string'
    ? `the security trades as ${to} since (RENAMED)`
    : toWords(reason);
}

/** Reasons of the audit for people, followed by the code itself. */
const REASONS: Readonly<Record<string, string>> = {
  FIRST_PUBLISH: 'it was among the first members',
  CAP_ENTERED_BAND: 'its market cap entered the band',
  CAP_LEFT_BAND: 'its market cap left the band',
  RANK_IN: 'its rank came within the size',
  RANK_OUT: 'its rank fell beyond the size',
  MEASURE_IN: 'its measure brought it within the size',
  MEASURE_OUT: 'its measure or a minimum put it out',
  BANDING_IN: 'the buffer around the cut-off lets it in',
  BANDING_OUT: 'the buffer around the cut-off keeps it out',
  SECTOR_RANK_IN: 'its rank in the sector came within the size',
  SECTOR_RANK_OUT: 'its rank in the sector fell beyond the size, or it changed its sector',
  INDUSTRY_RANK_IN: 'its rank in the industry came within the size',
  INDUSTRY_RANK_OUT: 'its rank in the industry fell beyond the size, or it changed its industry',
  THEME_LISTED: 'it is on the list of the theme',
  THEME_PINNED: 'it is pinned in the theme',
  THEME_RULE_IN: 'it met the rules of the theme',
  THEME_UNLISTED: 'neither list nor rules of the theme have it any more',
  IPO_LISTED: 'it was listed lately',
  IPO_FIRST_DAY: 'the source marked its first day',
  IPO_FIRST_SEEN: 'it was seen for the first time',
  IPO_REGROUPED: 'it is still a recent listing, and goes to other lists of its sector now',
  IPO_SEASONED: 'it is listed for long enough',
  BECAME_ELIGIBLE: 'it became eligible',
  LOST_ELIGIBILITY: 'it is not eligible any more, or too small',
  INACTIVE: 'it was reported inactive',
  ABSENT: 'it had no bar for so long that it counts as delisted',
  COMPANY_CLASS: 'another class of its company counts, or did',
  TRADES_AGAIN: 'it counted as delisted and trades again',
  REUSED: 'another company has taken the ticker',
};

function toWords(reason: string): string {
  const words = REASONS[reason] ?? EXCLUSION_WORDS[reason];
  return words === undefined ? reason : `${words} (${reason})`;
}

function describeRule({ why, policy, capLimits }: WhyCase): string | null {
  switch (policy.rule) {
    case 'band':
      return `The universe takes market caps of ${formatBand(capLimits ?? policy)}.`;
    case 'ranking':
      return `The universe takes the first ${formatCount(policy.size)} ${toScopeName(policy, why)}.`;
    case 'measure':
      return describeMeasureRule(policy);
    case 'combination': {
      const isCore = policy.etfs.includes(why.symbol) ? `; ${why.symbol} is one of the ETFs` : '';
      return `The universe takes the first ${formatCount(policy.size)} eligible stocks and ${policy.etfs.length} ETFs${isCore}.`;
    }
    case 'theme':
      return `${why.symbol} is ${toThemePlace(why, policy)}.`;
    case 'recent-ipo': {
      const group = policy.group === null ? '' : ` of the group ${policy.group}`;
      return `The universe takes stocks${group} for ${policy.days} days after their listing.`;
    }
    case 'etf':
      if (policy.isAll) return 'The universe takes every active ETF.';
      return policy.symbols.includes(why.symbol)
        ? `${why.symbol} is on the list of the category.`
        : `${why.symbol} is not on the list of the category, which takes in others by their ETF type or words in their name.`;
    case 'everything':
      return `The universe takes ${policy.of === 'etfs' ? 'every active ETF' : 'every eligible stock'}.`;
    case 'unknown':
      return null;
  }
}

/** The policy is the one of now: who came in by the list of an earlier one was not taken in by rules. */
function toThemePlace(
  { symbol, member, entered }: WhyCase['why'],
  { exclusions, pins, symbols, hasRules }: Extract<WhyCase['policy'], { rule: 'theme' }>,
): string {
  if (exclusions.includes(symbol)) return 'excluded from the theme';
  if (pins.includes(symbol)) return 'pinned in the theme';
  if (symbols.includes(symbol)) return 'on the list of the theme';
  if (member && entered?.reason === 'THEME_LISTED') return 'not on the list of the theme as it is now';
  if (!hasRules) return 'not on the list of the theme, which has no rules';
  return member
    ? 'not on the list of the theme; its rules took it in'
    : 'not on the list of the theme, and its rules do not take it in';
}

function describeExclusion({ why, facts, policy }: WhyCase): string | null {
  const { exclusion, symbol, type } = why;
  // ETFs are ranked among themselves.
  if (exclusion === 'NOT_COMMON' && type === 'ETF') return null;
  // A new listing needs no market cap.
  if (exclusion === 'NO_MARKET_CAP' && policy.rule === 'recent-ipo') return null;
  if (exclusion !== null) {
    const kind = exclusion === 'NOT_COMMON' ? ` but ${type ?? 'of an unknown type'}` : '';
    return `${symbol} is not an eligible stock: ${EXCLUSION_WORDS[exclusion] ?? exclusion}${kind} (${exclusion}).`;
  }
  if (why.capSource !== null) return null;
  const inactive = facts !== null && !facts.active;
  return `There are no figures of ${symbol} for ${why.session}: ${inactive ? 'it is not active' : `its type is ${type ?? 'unknown'}`}.`;
}

function describeRank({ why, policy }: WhyCase): string | null {
  const { rank, scope } = why;
  if (policy.rule === 'ranking' && policy.of !== 'all' && policy.of !== 'stocks') {
    const ranks = rank === null ? '' : `Its rank is ${formatCount(rank)} among all eligible stocks. `;
    if (scope === null) return ranks.trim() || null;
    if (scope.place === null) {
      if (policy.of === 'etfs') return null;
      return `${ranks}It is not among the stocks of the ${policy.of}: its ${policy.of} is ${why[policy.of] ?? 'unknown'}.`;
    }
    const kind = policy.of === 'etfs' ? 'ETFs' : `stocks of the ${policy.of}`;
    return `${ranks}It is number ${formatCount(scope.place)} of the ${formatCount(scope.symbols)} ${kind}.`;
  }
  if (policy.rule === 'measure') return describeStanding(policy, why);
  if (rank === null) return null;
  if (policy.rule === 'ranking' && policy.isByCompany) {
    const place = scope?.place ?? null;
    const ranked =
      place === null ? '' : ` It is number ${formatCount(place)} of ${formatCount(scope?.symbols ?? 0)} companies.`;
    return `Its rank is ${formatCount(rank)} among all eligible stocks.${ranked}`;
  }
  return `Its rank is ${formatCount(rank)}${scope === null ? '' : ` of ${formatCount(scope.symbols)} eligible stocks`}.`;
}

/** Where each company counts once, another class may stand for it. */
function describeCompany({ why: { company, symbol, policy } }: WhyCase): string | null {
  if (company === null || policy['by'] !== 'company') return null;
  return company === symbol
    ? 'It stands for all classes of its company.'
    : `${company} stands for its company, which counts once.`;
}

function describeCap({ why }: WhyCase): string | null {
  const { marketCapUsd, capSource, rawCapUsd, close, shares } = why;
  if (marketCapUsd === null) return null;
  if (rawCapUsd !== null) return `Its market cap is taken as ${formatUsd(marketCapUsd)}.`;
  if (capSource !== 'close_x_shares') return `Its market cap is ${formatUsd(marketCapUsd)}, as the source reported it.`;
  return `Its market cap is ${formatUsd(marketCapUsd)}: close ${close} times ${formatCount(shares ?? 0)} shares.`;
}

function describeSuspicion({ why }: WhyCase): string | null {
  const { flags, rawCapUsd, marketCapUsd, suspectSessions, doubt } = why;
  if (!flags.includes('SUSPECT_CAP')) return null;
  const [raw] = formatUsdPair(rawCapUsd, marketCapUsd);
  const since = suspectSessions > 1 ? ` for ${suspectSessions} sessions` : '';
  if (doubt === 'WITHDRAWN') return `The source states no market cap${since} (SUSPECT_CAP): the last one was ${raw}.`;
  return `The figure that came, ${raw}, is suspect${since} (SUSPECT_CAP): ${DOUBTS[doubt ?? ''] ?? DOUBTS['SHARE_COUNT']}.`;
}

const DOUBTS: Readonly<Record<string, string>> = {
  SHARE_COUNT: 'it moved far more than the price',
  SPLIT_LAG: 'its share count has not followed a split',
  PRICE_MOVE: 'its price moved in a way that no action explains',
  FIRST_FIGURE: 'it is the first one, and larger than every other, or large for what is traded',
};

function describeCounts({ why: { countSince, formerCounts } }: WhyCase): string | null {
  const last = countSince === null ? undefined : formerCounts.at(-1);
  if (last === undefined) return null;
  return `Its share count has been believed since ${countSince}; until ${last.until} it was ${formatCount(last.shares)}.`;
}

function describeShares({ why: { flags } }: WhyCase): string | null {
  return flags.includes('BAD_SHARES')
    ? 'Its share count is not a usable number and counts as unknown (BAD_SHARES).'
    : null;
}

function describePrice({ why }: WhyCase): string | null {
  const { close, priceSession, flags, figuresSession, session } = why;
  if (flags.includes('BAD_PRICE')) return 'Its price is not a positive number and is not used (BAD_PRICE).';
  const isStale = flags.includes('STALE_PRICE') || (priceSession !== null && priceSession !== figuresSession);
  // Too old a price is not used at all: there is none to state.
  if (isStale && close !== null) {
    return `Its price, ${close}, is that of ${priceSession} (STALE_PRICE).`;
  }
  if (figuresSession === null || figuresSession === session) return null;
  return `The figures are those of ${figuresSession}, the newest by then.`;
}

function describeBanding({ why, banding }: WhyCase): string | null {
  if (banding === null) return null;
  const { state, inRank, outRank, outBelowUsd, outAboveUsd, staysUntil } = banding;
  const limits =
    inRank === null
      ? `a member stays from ${formatUsd(outBelowUsd)}${outAboveUsd === null ? '' : ` to ${formatUsd(outAboveUsd)}`}`
      : `in at rank ${formatCount(inRank)} or better, out at rank ${formatCount(outRank ?? 0)} or worse`;
  const place = state === 'buffer' ? `${why.symbol} is within it, and ${why.member ? 'stays' : 'waits'}; ` : '';
  const stay = staysUntil === null ? '' : `. Having come in lately, it stays until ${staysUntil} at least`;
  return `There is a buffer around the cut-off: ${place}${limits}${stay}.`;
}

function describeHold({ id, gate, wholeSession, message, state, decidedBy, decisionReason }: WhyHold): string {
  const what = wholeSession ? 'The whole session' : 'The universe';
  const why = message === null ? '' : `: ${message}`;
  const by = [decidedBy === null ? '' : ` by ${decidedBy}`, decisionReason === null ? '' : `: ${decisionReason}`].join(
    '',
  );
  const end = state === 'open' ? 'not decided yet' : `${state}${by}`;
  return `${what} was held by the gate ${gate}${why} (hold ${id}, ${end}).`;
}
