import { expect } from 'chai';
import { bands } from '../../../../phases/cache-sync/universes/rules/bands.js';
import { marketLeaders } from '../../../../phases/cache-sync/universes/rules/market-leaders.js';
import { sectorLeaders } from '../../../../phases/cache-sync/universes/rules/sector-leaders.js';
import { statistics } from '../../../../phases/cache-sync/universes/rules/statistics.js';
import { assertBanding } from '../../../../phases/cache-sync/universes/banding.js';
import { History } from '../../../../src/history/history.js';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { importListings, runEvening } from '../../../support/evenings.js';
import { configOf, marketOf, MONDAY, selectSymbols, sync, TUESDAY, type Listing } from '../../../support/market.js';
import { assertProjectionShowsMembership, assertReplayGivesMembership } from '../invariants.js';
import { readMembers } from '../publish/published-state.js';

const CLASSES: readonly Listing[] = [
  { symbol: 'GOOGL', name: 'Alphabet Inc. Class A Common Stock', cap: 40e11, sector: 'Technology' },
  { symbol: 'GOOG', name: 'Alphabet Inc. Class C Capital Stock', cap: 39e11, sector: 'Technology' },
];
const REST: readonly Listing[] = [
  { symbol: 'BIG', name: 'Big Corp. Common Stock', cap: 30e11, sector: 'Technology' },
  { symbol: 'MID', name: 'Mid Corp. Common Stock', cap: 20e11, sector: 'Technology' },
];
const RANKING = { key: 'top_2', title: 'Top 2', size: 2 };
const config = configOf({ universes: { rankings: [{ ...RANKING, by: 'company' }], suspectCaps: { factor: 1e12 } } });

describe('universes by company', () => {
  it('contain each company once, at its place', async () => {
    const market = await marketOf([...CLASSES, ...REST]);
    const bandConfig = configOf({
      universes: {
        bands: [
          { key: 'mega', title: 'Mega', minUsd: 1e12, by: 'company' },
          { key: 'all', title: 'All', minUsd: 0 },
        ],
      },
    });

    expect(selectSymbols(marketLeaders, market, config)).to.deep.equal({ top_2: ['GOOGL', 'BIG'] });
    expect(selectSymbols(marketLeaders, market, configOf({ universes: { rankings: [RANKING] } }))).to.deep.equal({
      top_2: ['GOOGL', 'GOOG'],
    });
    expect(selectSymbols(bands, market, bandConfig)).to.deep.equal({ mega: ['GOOGL', 'BIG', 'MID'], all: [] });
  });

  it('are lists of sectors, too, whose ranks then count companies', async () => {
    const market = await marketOf([...CLASSES, ...REST], MONDAY, {
      companiesRankedIn: { sectors: true, industries: false },
    });
    const list = configOf({ universes: { sectorLeaders: { size: 2, by: 'company' } } });

    expect(selectSymbols(sectorLeaders, market, list)).to.deep.equal({ top_2_technology: ['GOOGL', 'BIG'] });
    expect(market.securities.get('BIG')).to.include({ sectorRank: 2, rank: 3, companyRank: 2 });
    expect(market.securities.get('GOOG')).to.include({
      sectorRank: null,
      rank: 2,
      companyRank: null,
      company: 'GOOGL',
    });
  });

  it('stand beside totals of both kinds', async () => {
    const [summary] = statistics.select(await marketOf([...CLASSES, ...REST]), config);

    expect(summary?.form).to.have.property('statistics').that.includes({
      totalStocks: 4,
      totalMarketCapUsd: 129e11,
      totalCompanies: 3,
      companyMarketCapUsd: 90e11,
    });
  });

  it('have no buffer', () => {
    const banded = configOf({ universes: { rankings: [{ ...RANKING, by: 'company' }] } });
    const universes = { ...banded.universes, banding: configOf().universes.banding };
    const entry = {
      universe: 'top_2',
      publish: 'banded' as const,
      inRatio: 0.9,
      outRatio: 1.1,
      capPct: 5,
      minStaySessions: 0,
    };

    expect(() => assertBanding({ universes })).not.to.throw();
    expect(() => assertBanding({ universes: { ...universes, banding: [entry] } })).to.throw(
      'universes.banding has a buffer for top_2, which counts companies',
    );
  });

  describe('that are published', () => {
    let test: TestDatabase;

    beforeEach(async () => {
      test = await createTestDatabase();
      await runEvening(test.database, MONDAY, [...CLASSES, ...REST], { config });
    });

    afterEach(() => test.drop());

    it('list the classes of a company beside it', async () => {
      const { rows } = await test.database.pool.query<{ stocks: { ticker: string; classes?: string[] }[] }>(
        `select value -> 'stocks' as stocks from cache_entries where key = 'top_2'`,
      );

      expect(rows[0]?.stocks.map(({ ticker, classes }) => [ticker, classes])).to.deep.equal([
        ['GOOGL', ['GOOGL', 'GOOG']],
        ['BIG', undefined],
      ]);
    });

    it('keep the class that stands for a company when another becomes larger, in a replay too', async () => {
      const [first, second] = CLASSES;
      const swapped = [
        { ...first, cap: 39e11 },
        { ...second, cap: 40e11 },
      ] as Listing[];
      await runEvening(test.database, TUESDAY, [...swapped, ...REST], { config });
      const members = await readMembers(test.database, 'top_2');
      await sync(test.database, TUESDAY, { config, replayFrom: MONDAY });

      expect(members).to.deep.equal(['BIG', 'GOOGL']);
      expect(await readMembers(test.database, 'top_2')).to.deep.equal(members);
      await assertProjectionShowsMembership(test.database);
      await assertReplayGivesMembership(test.database);
    });

    it('use the CIK and the FIGI of a host, however they are written, and nothing that is none', async () => {
      const identifiers = [
        ['BIG', '0000320193', 'bbg001s5prx4', null],
        ['MID', ' 320193 ', '', 'BBG001S5PRX4 '],
        ['GOOGL', '', 'unknown', null],
        ['GOOG', '0000000000', '', ''],
      ];
      await importListings(test.database, TUESDAY, [...CLASSES, ...REST]);
      for (const [symbol, cik, share, composite] of identifiers)
        await test.database.pool.query(
          'update symbols set cik = $2, share_class_figi = $3, composite_figi = $4 where symbol = $1',
          [symbol, cik, share, composite],
        );
      await sync(test.database, TUESDAY, { config });

      const { rows } = await test.database.pool.query<{ text: string }>(
        `select concat_ws(' ', symbol, coalesce(cik, '-'), coalesce(figi, '-')) as text
         from pipeline.symbol_fact where valid_to is null order by symbol`,
      );
      expect(rows.map(({ text }) => text)).to.deep.equal([
        'BIG 320193 BBG001S5PRX4',
        'GOOG - -',
        'GOOGL - -',
        'MID 320193 BBG001S5PRX4',
      ]);
      expect(await readMembers(test.database, 'top_2')).to.deep.equal(['BIG', 'GOOGL']);
      const { rows: stored } = await test.database.pool.query<{ text: string }>(
        `select symbol || ' ' || company as text from pipeline.valuation where session = $1 order by symbol`,
        [TUESDAY],
      );
      expect(stored.map(({ text }) => text)).to.deep.equal(['BIG BIG', 'GOOG GOOGL', 'GOOGL GOOGL', 'MID BIG']);
    });

    it('explain why a class is in none', async () => {
      const history = new History(test.database, new TradingCalendar());
      const [other, lead] = [await history.why('GOOG', 'top_2', {}), await history.why('GOOGL', 'top_2', {})];

      expect(other).to.include({ member: false, company: 'GOOGL' });
      expect(other.sentences).to.include('GOOGL stands for its company, which counts once.');
      expect(lead.sentences).to.include('It stands for all classes of its company.');
      expect(lead.sentences).to.include('The universe takes the first 2 companies by market cap.');
      expect(lead.scope).to.include({ place: 1, symbols: 3 });
      expect((await history.security('GOOG', {})).classes).to.deep.equal(['GOOGL', 'GOOG']);
    });
  });
});
