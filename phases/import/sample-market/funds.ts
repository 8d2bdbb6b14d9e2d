import type { SessionDate } from '../../../src/core/session.js';
import { drawTicker } from './names.js';
import { RandomStream } from './random.js';
import { drawUnique } from './securities.js';
import type { SampleSecurity, Taken } from './securities.js';

interface FundKind {
  readonly etfType: string;
  /** Percentage of funds. */
  readonly weight: number;
  readonly focuses: readonly string[];
  readonly beta: number;
  readonly volatility: number;
}

const KINDS: readonly FundKind[] = [
  kind('broad market', 18, 1, 0.002, ['Total Market', 'Large 500', 'Mid 400', 'Small 2000', 'Equal Weight 500']),
  kind('sector', 20, 1, 0.006, ['Energy', 'Health Care', 'Financials', 'Utilities', 'Industrials', 'Real Estate']),
  kind('growth', 10, 1.15, 0.004, ['Large Growth', 'Mid Growth', 'Small Growth']),
  kind('value', 10, 0.9, 0.004, ['Large Value', 'Mid Value', 'Small Value', 'Dividend Value']),
  kind('technology', 10, 1.3, 0.006, ['Technology', 'Semiconductor', 'Software', 'Robotics']),
  kind('bond', 12, 0.05, 0.002, ['Aggregate Bond', 'Treasury Bond', 'Corporate Bond', 'Municipal Bond', 'Short Bond']),
  kind('international', 10, 0.8, 0.005, ['Developed Markets', 'Emerging Markets', 'Europe', 'Pacific', 'World ex-US']),
  kind('commodity', 5, 0.1, 0.01, ['Gold', 'Silver', 'Crude Oil', 'Broad Commodity']),
  kind('factor', 5, 0.95, 0.003, ['Momentum', 'Quality', 'Minimum Volatility', 'Multifactor']),
];
const ISSUERS = ['Summit', 'Larchmere', 'Polarholt', 'Meridian Rowe', 'Quillstead', 'Northlode', 'Halyard', 'Fennwick'];
const LARGEST_AUM_MILLIONS = 600_000;

interface FundListing {
  readonly seed: number;
  /** 0 is the largest fund. */
  readonly rank: number;
  readonly listDate: SessionDate;
  readonly symbol?: string | undefined;
}

/** An exchange-traded fund listed before the epoch; adds its ticker and name to `taken`. */
export function createFund({ seed, rank, listDate, symbol }: FundListing, taken: Taken): SampleSecurity {
  const random = new RandomStream(seed);
  const fundKind = random.pickWeighted(KINDS);
  const issuer = random.pick(ISSUERS);
  const edition = (): string => random.pick(['', '', 'Core ', 'Select ', 'Enhanced ', 'Low Cost ']);
  const name = drawUnique(taken.names, () => `${issuer} ${edition()}${random.pick(fundKind.focuses)} ETF`);
  const aumMillions = Math.round((LARGEST_AUM_MILLIONS / (rank + 1) ** 1.1) * Math.exp(0.4 * random.gaussian()));
  const basePriceUsd = 25 + 500 * random.uniform() ** 2;
  const sharesOutstanding = Math.round((aumMillions * 1e6) / basePriceUsd);
  return {
    record: {
      symbol: symbol ?? drawTicker(random, name, taken.symbols),
      name,
      exchange: random.pick(['NYSE', 'NYSE', 'NASDAQ', 'AMEX']),
      type: 'ETF',
      active: true,
      marketCapUsd: null,
      sharesOutstanding,
      sector: null,
      industry: null,
      country: 'United States',
      listDate,
      delistedDate: null,
      etf: {
        etfType: fundKind.etfType,
        issuer: `${issuer} Funds`,
        aumMillions,
        expenseRatioPct: Math.round(100 * (0.03 + 0.9 * random.uniform() ** 2)) / 100,
        underlyingIndex: `${name.slice(0, -' ETF'.length)} Index`,
        inceptionDate: listDate,
      },
    },
    listedAt: -1,
    delistedAt: Infinity,
    capFraction: 0,
    pathSeed: random.below(2 ** 32),
    basePriceUsd,
    sharesOutstanding,
    turnoverRatio: 0.01 * Math.exp(0.6 * random.gaussian()),
    volatility: fundKind.volatility,
    beta: fundKind.beta,
    sectorIndex: -1,
  };
}

function kind(etfType: string, weight: number, beta: number, volatility: number, focuses: string[]): FundKind {
  return { etfType, weight, beta, volatility, focuses };
}
