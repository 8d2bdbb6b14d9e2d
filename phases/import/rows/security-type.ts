import { isReceipt } from './receipts.js';

/** Security types of the vocabulary: common stock, ADR, ETF, preferred, warrant, right, unit, closed-end fund, note, rest. */
export type SecurityType = 'CS' | 'ADRC' | 'ETF' | 'PFD' | 'WARRANT' | 'RIGHT' | 'UNIT' | 'FUND' | 'SP' | 'OTHER';

interface SecurityDescription {
  readonly symbol: string;
  readonly name: string;
  /** `NASDAQ`, `XNAS`, `NYSE`, …, any case. Null or absent: unknown. */
  readonly exchange?: string | null;
  /** Of the issuer, in English. Null or absent: unknown. */
  readonly country?: string | null;
  /** As the screener has it. Null or absent: unknown. */
  readonly industry?: string | null;
}

interface Rule {
  readonly pattern: RegExp;
  readonly type: SecurityType;
  readonly why: string;
  /** The rule applies only where this one does not. */
  readonly unless?: RegExp;
  /** The rule applies only to symbols of this form. */
  readonly symbol?: RegExp;
}

/** Closed-end funds with the name of a company, in industries that they have in common with companies. */
const UNLABELLED_FUNDS = new RegExp(
  `^(${[
    'asa gold',
    'calamos strategic',
    'central securities',
    'destiny tech100',
    'eagle point income',
    'eaton vance tax',
    'ellington credit',
    'general american investors',
    'oxford lane',
    'pearl diver credit',
    'pershing square usa',
    'sound point meridian',
    'tortoise energy infrastructure',
    'tri.continental',
  ].join('|')})\\b`,
  'i',
);

/** The only exchanges where a fifth letter has a meaning. */
const NASDAQ_NAMES: ReadonlySet<string> = new Set(['NASDAQ', 'XNAS']);

const REAL_ESTATE = /\b(realty|real estate|property|properties|mortgage|reit|hotel|lodging|hospitality|royalty)\b/i;

/** Rules on the name. The first match decides: words for the kind of security precede words of the issuer's name. */
const NAME_RULES: readonly Rule[] = [
  {
    pattern: /\btest (stock|issue|symbol|security)\b/i,
    type: 'OTHER',
    why: 'exchanges list them to test their systems',
  },
  {
    pattern: /\bunits?\b.*\bconsisting of\b/i,
    type: 'UNIT',
    why: 'a package; the name continues with warrants, rights',
  },
  { pattern: /\bwarrants?\b|\(ADW\)/i, type: 'WARRANT', why: 'the name may go on to the share it buys' },
  {
    pattern: /(\b(american|global) deposit|\bAD[RS]s?\b).*\bprefer(red|ence)\b/i,
    type: 'PFD',
    why: 'a receipt ranks as the shares it represents',
  },
  {
    pattern: /\b(american|global) deposit|\bAD[RS]s?\b(?!-)/i,
    type: 'ADRC',
    why: 'before rights and units, which a receipt may represent; ADS-TEC is a company',
  },
  {
    pattern: /\brights?\.?$|\brights? (to|that|expir)|\b(subscription|contingent value) rights?\b/i,
    type: 'RIGHT',
    why: 'the security itself, not a company called Right',
  },
  { pattern: /\bpfd\b.*\bordinary shares?$/i, type: 'CS', why: 'Bank of Nova Scotia: an old issue left in the name' },
  {
    pattern: /^(?=.*\b(notes?|debentures?|bonds)\b)(?=.*(%|\b(due|senior|subordinated)\b))/i,
    type: 'SP',
    why: 'debt: coupon, maturity or seniority beside it tell it from a company called Bond',
  },
  {
    pattern: /\b(STRATS|CorTS|ZONES|ETNs?|repackaged)\b|\btr (certs?|ctfs?)\b|\bexchange[- ]traded notes?\b/i,
    type: 'SP',
    why: 'repackaged or exchangeable debt goes by its product name',
  },
  { pattern: /^tennessee valley authority\b/i, type: 'SP', why: 'has no shares; what is listed are power bonds' },
  {
    pattern: /\b(corporate|equity|note) units?\b|\bTEUs?\b/i,
    type: 'UNIT',
    why: 'a note with a contract to buy shares',
  },
  {
    pattern: /\b(preferred|preference) (stock|shares?|units?|securities|class|series|limited)\b|\bpfd\b/i,
    unless: /\b(pfd|preferred|preference)( securities)?( and| &)?( \w+)* fund\b(?!.*\b(preferred|preference) s)/i,
    type: 'PFD',
    why: 'but a fund that buys preferreds is a fund',
  },
  {
    pattern: /\bnon[- ]?cumulative\b|\b(preferred|preference) perpetual\b/i,
    type: 'PFD',
    why: 'only a preferred has dividends that add up or do not',
  },
  { pattern: /\bdeposit[ao]ry (sh|$)|\bdep sh/i, type: 'PFD', why: 'a fraction of a preferred, even if cut short' },
  { pattern: /\bcapital trust [ivx]+\b/i, type: 'PFD', why: 'trust preferred' },
  {
    pattern: /\bwhen[- ]issued$/i,
    symbol: /^[A-Z]{4}V$/,
    type: 'OTHER',
    why: 'a second line beside the shares; without the V the name was never updated (Cavco)',
  },
  {
    pattern: /\bETFs?\b|\bexchange[- ]traded fund\b|^(the )?(SPDR|iShares)\b|\bQQQ trust\b/i,
    type: 'ETF',
    why: 'before fund',
  },
  { pattern: /\b(bitcoin|ethereum|gold|silver) trust\b/i, type: 'ETF', why: 'a listed trust that holds one asset' },
  { pattern: /\bfund\b/i, type: 'FUND', why: 'no operating company of the feed has the word' },
  {
    pattern: /\b(income|municipals?|bond|term|dividend|equity|securities|investors|investment grade)\b.*\btrust\b/i,
    unless: REAL_ESTATE,
    type: 'FUND',
    why: 'a trust named after what it invests in; real estate trusts are companies',
  },
  {
    pattern:
      /^(the )?(abrdn|barings|blackrock|franklin|gabelli|invesco|mfs|nuveen|royce|sprott) .*\b(trust|investors|portfolio)\b/i,
    unless: REAL_ESTATE,
    type: 'FUND',
    why: 'a trust with the name of a sponsor of closed-end funds',
  },
  {
    pattern: UNLABELLED_FUNDS,
    type: 'FUND',
    why: 'closed-end funds with the name of a company',
  },
  {
    pattern: /\bunits?\.?$/i,
    unless: /\b(common|partnership|partners|class a|l\.?p\.?|l\.?l\.?c\.?|trust|depositary) +units?\.?$/i,
    type: 'UNIT',
    why: 'a SPAC unit; the units of a partnership are its common stock',
  },
];

/** Endings of a symbol; used only when the name does not decide. */
const SUFFIX_RULES: readonly Rule[] = [
  { pattern: /[/.]WS([/.]?[A-Z])?$/, type: 'WARRANT', why: 'NYSE and AMEX' },
  { pattern: /[/.]RT?$/, type: 'RIGHT', why: 'NYSE and AMEX' },
  { pattern: /[/.]UN?$/, type: 'UNIT', why: 'NYSE and AMEX' },
];

/** The fifth letter, a NASDAQ custom. M to P are a company's first to fourth preferred. */
const FIFTH_LETTER_RULES: readonly Rule[] = [
  { pattern: /^[A-Z]{4}W$/, type: 'WARRANT', why: 'warrant' },
  { pattern: /^[A-Z]{4}R$/, type: 'RIGHT', why: 'right' },
  { pattern: /^[A-Z]{4}U$/, type: 'UNIT', why: 'unit' },
  { pattern: /^[A-Z]{4}[M-P]$/, type: 'PFD', why: 'preferred' },
];

/** A name that calls the security a share of the company; its symbol is then not considered. */
const NAMES_A_SHARE = /\b(common|ordinary|stock|shares?|class [a-z]|interests?|partnership units?)\b/i;

/** What a `^` symbol may be besides a preferred. */
const OTHER_THAN_PREFERRED: ReadonlySet<SecurityType> = new Set(['SP', 'UNIT', 'WARRANT', 'RIGHT']);

/**
 * The type of a security in a screener row, by its symbol and name.
 *
 * Shape:  text as the feed has it; case and white space do not matter.
 * Edges:  a name without a match is common stock, unless the symbol decides otherwise; a `^` symbol never is. New York registry shares,
 *         units of partnerships and royalty trusts, and business development companies are common stock. A receipt for preferred shares is
 *         preferred. Debt on its first day may have only its issuer's name.
 * Source: names of the NASDAQ screener, 2026-04-01 to 2026-06-30
 */
export function classifySecurity(input: SecurityDescription): SecurityType {
  const symbol = input.symbol.trim().toUpperCase();
  const name = input.name.replace(/\s+/g, ' ').trim();
  const named = NAME_RULES.find(
    (rule) => rule.pattern.test(name) && !rule.unless?.test(name) && (rule.symbol?.test(symbol) ?? true),
  )?.type;
  if (symbol.includes('^')) return named !== undefined && OTHER_THAN_PREFERRED.has(named) ? named : 'PFD';
  if (named !== undefined) return named;
  if (TEST_SYMBOL.test(symbol)) return 'OTHER';
  if (isReceipt(symbol, name, input.country ?? null)) return 'ADRC';
  const type = typeBySymbol(symbol, name, input.exchange ?? null);
  return type === 'CS' && isFundByIndustry(name, input.industry ?? '') ? 'FUND' : type;
}

/** The industry of closed-end funds alone, and those that they have in common with companies. */
const FUND_INDUSTRY = /^trusts except\b/i;
const FINANCE_INDUSTRIES = /^(finance\/investors services|finance companies|investment (managers|bankers))/i;

/** Closed-end funds whose name does not say so: by their industry, and beside companies of finance by what their shares are. */
function isFundByIndustry(name: string, industry: string): boolean {
  if (FUND_INDUSTRY.test(industry)) return true;
  const isTrust = /\bbeneficial (interests?|ownership)\b|\bsh(are)?s of BI\b/i.test(name);
  return isTrust && FINANCE_INDUSTRIES.test(industry) && !REAL_ESTATE.test(name) && !/\bunits?\b/i.test(name);
}

/** Test issues of NASDAQ. */
const TEST_SYMBOL = /^(Z[A-Z]ZZT|[ACMNP]TEST)([./][A-Z])?$/;

function typeBySymbol(symbol: string, name: string, exchange: string | null): SecurityType {
  if (NAMES_A_SHARE.test(name)) return 'CS';
  const hasFifthLetter = exchange === null || NASDAQ_NAMES.has(exchange.trim().toUpperCase());
  const rules = hasFifthLetter ? [...SUFFIX_RULES, ...FIFTH_LETTER_RULES] : SUFFIX_RULES;
  return rules.find((rule) => rule.pattern.test(symbol))?.type ?? 'CS';
}
