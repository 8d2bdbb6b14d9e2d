/** An eligible stock, as the largest are listed first. */
export interface CompanyStock {
  readonly symbol: string;
  readonly name: string | null;
  /** USD. */
  readonly marketCapUsd: number;
}

/** Two stocks that may be classes of one company, and why that is not certain. Money in USD. */
export interface CompanyDoubt {
  /** The smaller one. */
  readonly symbol: string;
  /** The larger one. */
  readonly other: string;
  readonly name: string;
  readonly marketCapUsd: number;
  readonly otherMarketCapUsd: number;
}

/** What is known of companies besides names and market caps. */
export interface CompanyEvidence {
  /** Identifier of the company, SEC; null: unknown. */
  readonly cikOf: (symbol: string) => string | null;
  /** Whether a person said that two tickers are classes of one company, in either order; null: undecided. */
  readonly decisionOf: (symbol: string, other: string) => boolean | null;
  /** Whether the class stood for its company in the session before. */
  readonly wasLead: (symbol: string) => boolean;
}

export interface Companies {
  /** Every class of a company with several: ticker → ticker of the class that stands for it. */
  readonly leads: ReadonlyMap<string, string>;
  readonly doubts: readonly CompanyDoubt[];
}

/** A feed states about the value of the whole company for each class; both are rounded, and are of closes of different classes. */
const SAME_CAP = 1.1;
/** Where a name states a class: classes trade apart by voting rights and liquidity, but not by more. */
const SAME_CAP_OF_CLASSES = 2;
/** Names that begin alike are compared; nearly all differ by then. */
const PREFIX = 8;

/**
 * Groups the share classes of a company.
 *
 * The same CIK decides; two different ones say that they are two companies. Otherwise the name up to the words that describe the share must be
 * the same, and the market caps, each about that of the whole company, within 10 %, or within a factor of 2 where a class is stated
 * (`Class A`, `Series C`, `BRK/B`). The same name with other caps is doubtful: two banks are called First Bancorp.
 *
 * Shape: stocks by market cap, descending. The largest class stands for the company, and still does when another one becomes larger: two
 *        classes of about the same cap would change places every evening.
 */
export function matchCompanies(stocks: readonly CompanyStock[], evidence: CompanyEvidence): Companies {
  const doubts: CompanyDoubt[] = [];
  const companies = new Map<string, CompanyStock[][]>();
  for (const [stock, key] of listKeys(stocks, evidence)) {
    const known = companies.get(key) ?? [];
    companies.set(key, known);
    const own = known.find(([largest]) => largest !== undefined && judge(largest, stock, evidence) === 'same');
    if (own !== undefined) {
      own.push(stock);
      continue;
    }
    for (const [largest] of known)
      if (largest !== undefined && judge(largest, stock, evidence) === 'doubtful') doubts.push(toDoubt(largest, stock));
    known.push([stock]);
  }
  return { leads: toLeads([...companies.values()].flat(), evidence), doubts };
}

function toLeads(companies: readonly (readonly CompanyStock[])[], { wasLead }: CompanyEvidence): Map<string, string> {
  const leads = new Map<string, string>();
  for (const classes of companies) {
    if (classes.length < 2) continue;
    const lead = classes.find(({ symbol }) => wasLead(symbol)) ?? classes[0];
    for (const { symbol } of classes) leads.set(symbol, lead?.symbol ?? symbol);
  }
  return leads;
}

function judge(
  largest: CompanyStock,
  stock: CompanyStock,
  { cikOf, decisionOf }: CompanyEvidence,
): 'same' | 'other' | 'doubtful' {
  const decision = decisionOf(stock.symbol, largest.symbol);
  if (decision !== null) return decision ? 'same' : 'other';
  const [ours, theirs] = [cikOf(stock.symbol), cikOf(largest.symbol)];
  if (ours !== null && theirs !== null) return ours === theirs ? 'same' : 'other';
  return areClasses(largest, stock) ? 'same' : 'doubtful';
}

/** Stocks that another one may be a class of the same company with, each with what both share. */
function* listKeys(
  stocks: readonly CompanyStock[],
  { cikOf }: CompanyEvidence,
): Generator<readonly [stock: CompanyStock, key: string]> {
  const beginnings = stocks.map(({ name }) => toBeginning(name));
  const counts = new Map<string, number>();
  for (const beginning of beginnings) counts.set(beginning, (counts.get(beginning) ?? 0) + 1);
  const keysOfCiks = new Map<string, string>();
  for (const [index, stock] of stocks.entries()) {
    const isAlone = (counts.get(beginnings[index] ?? '') ?? 0) < 2;
    const cik = cikOf(stock.symbol);
    if (isAlone && cik === null) continue;
    const company = toCompanyName(stock.name);
    const key = cik === null ? company : (keysOfCiks.get(cik) ?? company);
    if (cik !== null) keysOfCiks.set(cik, key || cik);
    if (key !== '' || cik !== null) yield [stock, key || (cik ?? '')];
  }
}

function areClasses(lead: CompanyStock, stock: CompanyStock): boolean {
  const ratio = lead.marketCapUsd / stock.marketCapUsd;
  const statesClass = [lead, stock].some(
    ({ symbol, name }) => CLASS_TICKER.test(symbol) || CLASS_NAME.test(name ?? ''),
  );
  return ratio <= (statesClass ? SAME_CAP_OF_CLASSES : SAME_CAP);
}

function toDoubt(lead: CompanyStock, stock: CompanyStock): CompanyDoubt {
  return {
    symbol: stock.symbol,
    other: lead.symbol,
    name: stock.name ?? '',
    marketCapUsd: stock.marketCapUsd,
    otherMarketCapUsd: lead.marketCapUsd,
  };
}

const CLASS_TICKER = /[./-][A-Z]$/;
const CLASS_NAME = /\b(?:class|series|cl)\s+[a-z0-9]\b/i;

/** Where a name begins to describe the share. */
const SHARE_WORDS =
  /(?:^|\s+)(?:(?:class|series|cl)\s+[a-z0-9]\b|(?:new\s+)?common\b|ordinary\b|capital\s+stock\b|(?:non-?)?voting\b|subordinate\b|american\s+deposit[ao]ry\b|deposit[ao]ry\b|ads\b|shares?\b).*$/is;

/** `Alphabet Inc. Class C Capital Stock` → `alphabet inc`. Empty: the name says nothing. */
function toCompanyName(name: string | null): string {
  const company = (name ?? '').replace(SHARE_WORDS, '').toLowerCase();
  const words = company.match(/[\p{L}\p{N}]+/gu)?.join(' ') ?? '';
  return words === 'unknown' ? '' : words;
}

function toBeginning(name: string | null): string {
  return (name ?? '').slice(0, PREFIX).toLowerCase();
}
