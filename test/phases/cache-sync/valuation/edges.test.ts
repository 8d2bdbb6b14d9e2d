import { expect } from 'chai';
import { valueStocks, type ValuationRules } from '../../../../phases/cache-sync/valuation/value-stocks.js';
import { NO_PAST } from '../../../../phases/cache-sync/valuation/past.js';
import { judge, type CapCase } from './cap-fixture.js';
import { MONDAY, toSecurity, TUESDAY, WEDNESDAY, type Listing } from '../../../support/market.js';

const ORDINARY: CapCase = { capUsd: 600, pastCapUsd: 600 };

/** What is exactly at the limit, and what is just beyond it: what becomes of each. */
type CapEdge = readonly [what: string, at: CapCase, beyond: CapCase, outcomes: readonly [string, string]];

const suspectFor = (sessions: number) => ({ capUsd: 9000, suspect: { rawCapUsd: 9000, sessions } });

const CAP_EDGES: readonly CapEdge[] = [
  ['half as large again as expected', { capUsd: 900 }, { capUsd: 901 }, ['none', 'suspect']],
  ['two thirds of what is expected', { capUsd: 400 }, { capUsd: 399 }, ['none', 'suspect']],
  // 600 at half the price is expected to be 300.
  [
    'half as large again as its price explains',
    { close: 5, capUsd: 450 },
    { close: 5, capUsd: 451 },
    ['none', 'suspect'],
  ],
  [
    'half as large again as before, the price not adjusted',
    { quoted: null, close: 1, capUsd: 900 },
    { quoted: null, close: 1, capUsd: 901 },
    ['none', 'suspect'],
  ],
  ['steady for five sessions', suspectFor(4), suspectFor(5), ['suspect', 'accepted']],
  ['a past market cap', { capUsd: 9000, pastCapUsd: 0 }, { capUsd: 9000, pastCapUsd: 1 }, ['none', 'suspect']],
];

describe('edges of a suspect market cap', () => {
  for (const [what, at, beyond, outcomes] of CAP_EDGES) {
    it(what, () => {
      const judged = [at, beyond].map((parts) => judge({ ...ORDINARY, ...parts }).outcome);

      expect(judged).to.deep.equal(outcomes);
    });
  }

  it('counts from one again when the new level moves by more than half', () => {
    const sessions = (capUsd: number) =>
      judge({ ...ORDINARY, capUsd, suspect: { rawCapUsd: 6000, sessions: 3 } }).suspectSessions;

    expect([sessions(9000), sessions(9001), sessions(4000), sessions(3999)]).to.deep.equal([4, 1, 4, 1]);
  });

  it('moves the previous cap by a price that is not adjusted only where that did not jump', () => {
    const used = (close: number) => judge({ ...ORDINARY, capUsd: 90_000, quoted: null, close }).capUsd;

    // 600 × 1.5 = 900; beyond that the price itself is in doubt.
    expect([used(15), used(15.01)]).to.deep.equal([900, 600]);
  });
});

/** A security's last price is Monday's; with which rules it is used on Wednesday, and with which not. */
interface ValueEdge {
  readonly what: string;
  readonly inside: readonly [Partial<Listing>, ValuationRules?];
  readonly outside: readonly [Partial<Listing>, ValuationRules?];
  readonly exclusion: string;
}

/** The largest number below 2^63 and the next one. */
const [LARGEST, TOO_LARGE] = [9_223_372_036_854_774_784, 9_223_372_036_854_775_808];

const VALUE_EDGES: readonly ValueEdge[] = [
  {
    what: 'a price of the oldest session that counts',
    inside: [{ shares: 5, cap: null }, { oldestPrice: MONDAY }],
    outside: [{ shares: 5, cap: null }, { oldestPrice: TUESDAY }],
    exclusion: 'STALE_PRICE',
  },
  {
    what: 'a bar in the oldest session of those that make a delisting',
    inside: [{ cap: 5 }, { past: { ...NO_PAST, absentBefore: MONDAY } }],
    outside: [{ cap: 5 }, { past: { ...NO_PAST, absentBefore: TUESDAY } }],
    exclusion: 'INACTIVE',
  },
  {
    what: 'listed on the session',
    inside: [{ cap: 5, listDate: WEDNESDAY }],
    outside: [{ cap: 5, listDate: '2026-06-25' }],
    exclusion: 'NOT_LISTED_YET',
  },
  { what: 'a dollar of market cap', inside: [{ cap: 1 }], outside: [{ cap: 0 }], exclusion: 'NO_MARKET_CAP' },
  {
    what: 'the largest market cap that the database takes',
    inside: [{ cap: LARGEST }],
    outside: [{ cap: TOO_LARGE }],
    exclusion: 'MARKET_CAP_OUT_OF_RANGE',
  },
  { what: 'one share', inside: [{ shares: 1 }], outside: [{ shares: 0 }], exclusion: 'NO_MARKET_CAP' },
];

describe('edges of a valuation', () => {
  const valueOf = async ([listing, rules]: ValueEdge['inside']) => {
    const security = toSecurity({ symbol: 'A', ...listing }, MONDAY);
    return (await valueStocks([security], WEDNESDAY, rules)).securities.get('A')?.exclusion;
  };

  for (const { what, inside, outside, exclusion } of VALUE_EDGES) {
    it(what, async () => {
      expect(await valueOf(inside)).to.equal(null);
      expect(await valueOf(outside)).to.equal(exclusion);
    });
  }
});
