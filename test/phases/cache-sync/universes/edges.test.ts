import { expect } from 'chai';
import { isInBand, isStaying, isWithinBuffer } from '../../../../phases/cache-sync/universes/banding.js';
import { industryGroups } from '../../../../phases/cache-sync/universes/rules/industry-groups.js';
import { recentIpos } from '../../../../phases/cache-sync/universes/rules/recent-ipos.js';
import type { SessionDate } from '../../../../src/core/session.js';
import { configOf, marketOf, selectSymbols } from '../../../support/market.js';
import { withMembers } from '../../../support/past.js';
import { EDGES, others, SESSION } from './rule-edges.js';

describe('thresholds of the rules', () => {
  for (const { rule, what, universe, inside, outside, more = [], config = {}, members = {} } of EDGES) {
    it(`${rule.id}: ${what}`, async () => {
      const listings = [{ symbol: 'IN', ...inside }, { symbol: 'OUT', ...outside }, ...more];
      const market = withMembers(await marketOf(listings, SESSION), members);

      const selected = selectSymbols(rule, market, configOf(config))[universe];

      expect(selected).to.include('IN').and.not.include('OUT');
    });
  }

  it('recent-ipos: first seen 30 days ago', async () => {
    const market = await marketOf(
      [
        { symbol: 'IN', cap: 1 },
        { symbol: 'OUT', cap: 1 },
      ],
      SESSION,
    );
    const seen = (session: string) => ({ reason: 'IPO_FIRST_SEEN' as const, session: session as SessionDate });
    const newListings = new Map([
      ['IN', seen('2026-03-01')],
      ['OUT', seen('2026-02-28')],
    ]);

    expect(selectSymbols(recentIpos, { ...market, newListings }, configOf())['recent_ipos']).to.deep.equal(['IN']);
  });

  it('industry-groups: three stocks to be one, and as many groups as configured', async () => {
    const market = await marketOf(
      ['Banks', 'Oil', 'Steel'].flatMap((industry, at) =>
        others(4 - at, { industry, cap: 1 }).map((listing) => ({ ...listing, symbol: `${industry}${listing.symbol}` })),
      ),
      SESSION,
    );
    const keysOf = (groups: number) =>
      Object.keys(
        selectSymbols(industryGroups, market, configOf({ universes: { industryGroups: { groups, minStocks: 3 } } })),
      );

    expect(keysOf(9)).to.deep.equal(['banks', 'oil']);
    expect(keysOf(1)).to.deep.equal(['banks']);
  });

  it('a band ends where the next begins, and its buffer as many percent beyond', () => {
    const isIn = (capUsd: number): boolean => isInBand(capUsd, 100, 200);
    const isKept = (capUsd: number): boolean => isWithinBuffer(capUsd, 100, 200, 10);

    expect([99.99, 100, 199.99, 200].map(isIn)).to.deep.equal([false, true, true, false]);
    expect([89.99, 90, 220, 220.01].map(isKept)).to.deep.equal([false, true, true, false]);
    expect([isInBand(1e15, 100, null), isWithinBuffer(99.99, 100, null, 0)]).to.deep.equal([true, false]);
  });

  it('a stay of no sessions keeps no member, also not one of today', async () => {
    const market = await marketOf([], SESSION);
    const banding = (minStaySessions: number) => ({
      universe: 'x',
      publish: 'banded' as const,
      inRatio: 1,
      outRatio: 1,
      capPct: 0,
      minStaySessions,
    });

    expect([isStaying(SESSION, banding(0), market), isStaying(SESSION, banding(1), market)]).to.deep.equal([
      false,
      true,
    ]);
  });
});
