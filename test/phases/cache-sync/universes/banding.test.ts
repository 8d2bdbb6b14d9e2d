import { expect } from 'chai';
import fc from 'fast-check';
import {
  assertBanding,
  isWithinBuffer,
  selectBandedRanking,
  toRankBuffer,
} from '../../../../phases/cache-sync/universes/banding.js';
import { selectUniverses } from '../../../../phases/cache-sync/universes/select-universes.js';
import type { BandingConfig } from '../../../../src/config/schema/index.js';
import { PipelineError } from '../../../../src/core/errors.js';
import { configOf, marketOf } from '../../../support/market.js';
import { withMembers } from '../../../support/past.js';

const FTSE: BandingConfig = {
  universe: 'top',
  publish: 'banded',
  inRatio: 0.9,
  outRatio: 1.11,
  capPct: 5,
  minStaySessions: 0,
};

/** Symbols by rank: the first has rank 1. */
function ranked(size: number): string[] {
  return Array.from({ length: size }, (_, index) => `R${index + 1}`);
}

function ranks(...spans: readonly [from: number, to: number][]): string[] {
  return spans.flatMap(([from, to]) => ranked(to).slice(from - 1));
}

/** The members of a banded ranking of `size` among stocks `R1`, `R2`, … in rank order. */
async function select(
  stocks: number,
  size: number,
  before: Readonly<Record<string, number>>,
  banding: BandingConfig = FTSE,
): Promise<string[]> {
  const listings = ranked(stocks).map((symbol, index) => ({ symbol, cap: 1e12 - index }));
  const market = withMembers(await marketOf(listings), { top: before });
  const members = market.past.membersOf({ type: '', name: '', key: 'top' });
  return selectBandedRanking(market, size, members, banding).map(({ symbol }) => symbol);
}

/** Members for a long time. */
const since = (symbols: readonly string[], ago = 99): Record<string, number> =>
  Object.fromEntries(symbols.map((symbol) => [symbol, ago]));

describe('the buffer of a ranking', () => {
  it('is that of the FTSE 100: in at 90 or better, out at 111 or worse', () => {
    expect(toRankBuffer(100, FTSE)).to.deep.equal({ inRank: 90, outRank: 111 });
  });

  it('is that of the FTSE 250, which ends at rank 350: in at 325 or better, out at 376 or worse', () => {
    expect(toRankBuffer(350, { inRatio: 0.929, outRatio: 1.074 })).to.deep.equal({ inRank: 325, outRank: 376 });
  });

  it('has room for one rank also in a short ranking', () => {
    expect(toRankBuffer(10, FTSE)).to.deep.equal({ inRank: 9, outRank: 12 });
  });

  it('is none with ratios of 1', () => {
    expect(toRankBuffer(50, { inRatio: 1, outRatio: 1 })).to.deep.equal({ inRank: 50, outRank: 51 });
  });
});

describe('a banded ranking', () => {
  it('without members before is the strict one', async () => {
    expect(await select(120, 100, {})).to.deep.equal(ranked(100));
  });

  it('keeps a member at rank 110 and drops one at 111', async () => {
    const at110 = await select(120, 100, since([...ranks([1, 99]), 'R110']));
    const at111 = await select(120, 100, since([...ranks([1, 99]), 'R111']));

    expect(at110).to.deep.equal([...ranks([1, 99]), 'R110']);
    expect(at111).to.deep.equal(ranked(100));
  });

  it('takes a newcomer at rank 90 for the lowest-ranked member, and none at 91', async () => {
    const at90 = await select(120, 100, since(ranks([1, 89], [91, 101])));
    const at91 = await select(120, 100, since(ranks([1, 90], [92, 101])));

    expect(at90).to.deep.equal(ranked(100));
    expect(at91).to.deep.equal(ranks([1, 90], [92, 101]));
  });

  it('is filled up by the highest-ranked of the others', async () => {
    // R5 and R95 are no members; two of the old ones are not in the market any more.
    const members = await select(120, 100, since([...ranks([1, 4], [6, 94], [96, 100]), 'GONE1', 'GONE2']));

    expect(members).to.deep.equal(ranked(100));
  });

  it('keeps who came in lately whatever its rank, and not a session longer', async () => {
    const stay = { ...FTSE, minStaySessions: 5 };
    const before = (ago: number) => ({ ...since(ranks([1, 99])), R119: ago });

    expect(await select(120, 100, before(4), stay)).to.deep.equal([...ranks([1, 99]), 'R119']);
    expect(await select(120, 100, before(5), stay)).to.deep.equal(ranked(100));
  });

  it('of too many drops members that are there for long first, and never the front ranks', async () => {
    const stay = { ...FTSE, minStaySessions: 5 };
    const lately = since(ranks([103, 120]), 1);

    const crowded = await select(120, 100, { ...since(ranks([1, 82])), ...lately }, stay);
    const full = await select(120, 100, { ...since(ranks([91, 102])), ...since(ranks([111, 120]), 1) }, stay);

    // 90 front ranks and 18 who came in lately: the best 10 of those stay.
    expect(crowded).to.deep.equal(ranks([1, 90], [103, 112]));
    // 90 front ranks and the 10 who came in lately: nobody else finds room.
    expect(full).to.deep.equal(ranks([1, 90], [111, 120]));
  });

  it('has exactly its size, all of the front ranks, and nobody from beyond the buffer', async () => {
    const symbols = ranked(30);
    const cases = fc.record({
      stocks: fc.integer({ min: 0, max: 30 }),
      size: fc.integer({ min: 1, max: 25 }),
      before: fc.subarray(symbols),
      inRatio: fc.constantFrom(0.1, 0.5, 0.9, 1),
      outRatio: fc.constantFrom(1, 1.11, 1.5),
    });

    await fc.assert(
      fc.asyncProperty(cases, async ({ stocks, size, before, inRatio, outRatio }) => {
        const members = await select(stocks, size, since(before), { ...FTSE, inRatio, outRatio });
        const memberRanks = members.map((symbol) => symbols.indexOf(symbol) + 1);

        expect(members).to.have.lengthOf(Math.min(size, stocks));
        expect(memberRanks).to.deep.equal(memberRanks.toSorted((left, right) => left - right));
        expect(memberRanks).to.include.members(
          Array.from({ length: Math.min(stocks, Math.floor(size * inRatio)) }, (_, i) => i + 1),
        );
        const lowest = outRatio === 1 ? size : Math.max(size + 1, Math.ceil(size * outRatio) - 1);
        expect(Math.max(0, ...memberRanks)).to.be.at.most(lowest);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the buffer of a band', () => {
  it('ends exactly so many percent beyond a limit', () => {
    const isKept = (capUsd: number): boolean => isWithinBuffer(capUsd, 10e9, 200e9, 5);

    expect([9.5e9, 9.5e9 - 1, 200e9, 210e9, 210e9 + 1].map(isKept)).to.deep.equal([true, false, true, true, false]);
  });

  it('is none with 0 percent, and has no upper end where the band has none', () => {
    expect(isWithinBuffer(200e9, 10e9, 200e9, 0)).to.equal(false);
    expect(isWithinBuffer(10e9 - 1, 10e9, 200e9, 0)).to.equal(false);
    expect(isWithinBuffer(9e18, 200e9, null, 0)).to.equal(true);
  });
});

describe('the configuration of banding', () => {
  it('is refused where it names what is no ranking or band', () => {
    const config = configOf({ universes: { banding: [{ universe: 'top_500' }, { universe: 'top_501' }] } });

    expect(() => assertBanding(config))
      .to.throw(
        PipelineError,
        'universes.banding names "top_501", which are not rankings by market cap or bands; allowed: mega_cap',
      )
      .with.property('code', 'EOD_CONFIG_INVALID');
  });

  it('is refused for a ranking by another measure', () => {
    const rankings = [{ key: 'liquid', title: 'Liquid', size: 9, measure: 'dollarVolume' as const }];

    expect(() => assertBanding(configOf({ universes: { rankings, banding: [{ universe: 'liquid' }] } }))).to.throw(
      PipelineError,
      'universes.banding names "liquid"',
    );
  });

  it('is looked at before any universe is selected', async () => {
    const config = configOf({ universes: { banding: [{ universe: 'all_stocks' }] } });

    const refused = await selectUniverses([], await marketOf([]), config).catch((cause: unknown) => cause);

    expect(refused).to.be.instanceOf(PipelineError).with.property('code', 'EOD_CONFIG_INVALID');
  });

  it('may name any ranking and any band', () => {
    const config = configOf({ universes: { banding: [{ universe: 'top_500' }, { universe: 'mega_cap' }] } });

    expect(() => assertBanding(config)).to.not.throw();
  });
});
