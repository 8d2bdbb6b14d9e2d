import { expect } from 'chai';
import type { Listing } from '../../../support/market.js';
import { compare, open } from './compare-fixture.js';

describe('comparing memberships', () => {
  describe('of a sector that has no stocks any more', () => {
    const before = ['energy', 'finance', 'utilities'].map((key) =>
      open('stock_universe', 'sector_leaders', `top_10_${key}`, [key.toUpperCase()]),
    );
    const others: readonly Listing[] = [
      { symbol: 'FINANCE', cap: 3e11, sector: 'Finance' },
      { symbol: 'UTILITIES', cap: 2e11, sector: 'Utilities' },
    ];
    const isSector = (name: string): boolean => name.includes('top_10_');

    it('retires its list at once where its members have another sector (case r4)', async () => {
      const moved = await compare([...others, { symbol: 'ENERGY', cap: 1e11, sector: 'Finance' }], before);

      expect(moved.held.filter(([name]) => isSector(String(name)))).to.deep.equal([]);
      expect(moved.retired).to.include('stock_universe/sector_leaders/top_10_energy');
      expect(moved.changes).to.deep.include([
        'stock_universe/sector_leaders/top_10_energy',
        'ENERGY',
        'removed',
        'MEMBERS_ELSEWHERE',
      ]);
    });

    it('holds it where they have none, or no market cap', async () => {
      for (const listing of [
        { cap: 1e11, sector: null },
        { cap: 0, sector: 'Finance' },
      ]) {
        const { held, retired } = await compare([...others, { symbol: 'ENERGY', ...listing }], before);

        expect(held.map(([name]) => name)).to.include('stock_universe/sector_leaders/top_10_energy');
        expect(retired).to.not.include('stock_universe/sector_leaders/top_10_energy');
      }
    });

    it('holds it where an earlier publish of the session had a member that has disappeared', async () => {
      const seen = before.map((universe) =>
        universe.key === 'top_10_energy' ? { ...universe, seen: ['LOST'] } : universe,
      );

      const { held } = await compare([...others, { symbol: 'ENERGY', cap: 1e11, sector: 'Finance' }], seen);

      expect(held.map(([name]) => name)).to.include('stock_universe/sector_leaders/top_10_energy');
    });

    it('does the same where a partial sync of the session has already begun a list of another sector', async () => {
      const begun = { ...open('stock_universe', 'sector_leaders', 'top_10_technology', []), seen: ['TECH'] };
      const market = [
        ...others,
        { symbol: 'ENERGY', cap: 1e11, sector: 'Technology' },
        { symbol: 'TECH', cap: 1e11, sector: 'Technology' },
      ];
      const moved = market.map((each) => (each.symbol === 'FINANCE' ? { ...each, sector: 'Technology' } : each));

      for (const former of [before, [...before, begun]]) {
        const { held } = await compare(moved, former);

        expect(held.filter(([name]) => isSector(String(name)))).to.have.lengthOf(2);
      }
    });

    it('holds all of them where most sectors have other names', async () => {
      const renamed = ['FINANCE', 'UTILITIES', 'ENERGY'].map((symbol) => ({
        symbol,
        cap: 1e11,
        sector: `S ${symbol}`,
      }));

      const { held, retired } = await compare(renamed, before);

      expect(held.filter(([name]) => isSector(String(name)))).to.have.lengthOf(3);
      expect(retired.filter(isSector)).to.deep.equal([]);
    });
  });
});
