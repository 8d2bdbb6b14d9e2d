import { expect } from 'chai';
import type { SymbolRecord } from '../../../phases/import/source.js';
import { parseSessionDate } from '../../../src/core/session.js';
import { useRows, DAY } from './write-rows-fixture.js';

const LATER = new Date('2026-06-30T22:00:00Z');

const FORD: SymbolRecord = {
  symbol: 'F',
  name: 'Ford Motor Company Common Stock',
  exchange: 'NYSE',
  type: 'CS',
  active: true,
  marketCapUsd: 55_387_227_557,
  sharesOutstanding: null,
  sector: 'Industrials',
  industry: 'Auto Manufacturing',
  country: 'United States',
  listDate: null,
  delistedDate: null,
  etf: null,
};

describe('writing imported symbols', () => {
  const given = useRows();
  const { merge, readAll } = given;

  describe('symbols', () => {
    it('adds what is new with all that is known of it', async () => {
      const fund: SymbolRecord = {
        ...FORD,
        symbol: 'SPY',
        type: 'ETF',
        etf: {
          etfType: 'broad',
          issuer: 'State Street',
          aumMillions: 600_000.5,
          expenseRatioPct: 0.0945,
          underlyingIndex: 'S&P 500',
          inceptionDate: parseSessionDate('1993-01-22'),
        },
      };

      const counts = await merge([FORD, fund]);

      expect(counts).to.deep.equal({ added: 2, changed: 0, warnings: [] });
      const [ford, spy] = await readAll('select to_jsonb(s) as row from symbols s order by symbol');
      expect(ford?.['row']).to.include({
        symbol: 'F',
        exchange: 'NYSE',
        primary_exchange: 'NYSE',
        market: 'stocks',
        locale: 'us',
        currency_name: 'usd',
        type: 'CS',
        active: true,
        market_cap: 55387227557,
        sector: 'Industrials',
        etf_type: null,
        last_updated: '2026-06-30T21:00:00+00:00',
        last_updated_utc: '2026-06-30T21:00:00+00:00',
      });
      expect(spy?.['row']).to.include({
        etf_type: 'broad',
        issuer: 'State Street',
        aum_millions: 600000.5,
        expense_ratio: 0.0945,
        inception_date: '1993-01-22',
      });
    });

    it('writes nothing when nothing differs', async () => {
      await merge([FORD]);
      const before = await readAll('select xmin, * from symbols');

      const counts = await merge([FORD], { at: LATER });

      expect(counts).to.deep.equal({ added: 0, changed: 0, warnings: [] });
      expect(await readAll('select xmin, * from symbols')).to.deep.equal(before);
    });

    it('keeps a fact that the source no longer has', async () => {
      await merge([{ ...FORD, listDate: DAY }]);

      const counts = await merge([
        { ...FORD, name: null, sector: null, marketCapUsd: null, listDate: null, country: 'USA' },
      ]);

      expect(counts).to.deep.equal({ added: 0, changed: 1, warnings: [] });
      expect(await readAll('select name, sector, market_cap, list_date::text, country from symbols')).to.deep.equal([
        { name: FORD.name, sector: 'Industrials', market_cap: '55387227557', list_date: DAY, country: 'USA' },
      ]);
    });

    it('leaves the market cap of a symbol with known shares to cache sync, once there is one', async () => {
      await merge([{ ...FORD, marketCapUsd: null, sharesOutstanding: 4_000_000_000 }]);
      await merge([{ ...FORD, marketCapUsd: 55_000_000_000 }]);

      const counts = await merge([{ ...FORD, marketCapUsd: 44_000_000_000, sharesOutstanding: 4_000_000_000 }]);

      expect(counts).to.deep.equal({ added: 0, changed: 0, warnings: [] });
      expect(await readAll('select market_cap from symbols')).to.deep.equal([{ market_cap: '55000000000' }]);
    });

    it('gives a ticker that is listed in the session, or after a delisting, no market cap of before', async () => {
      const listed = { ...FORD, marketCapUsd: null, listDate: DAY };
      await merge([FORD]);
      const counts = [await merge([listed]), await merge([listed])];
      const taken = await readAll('select market_cap from symbols');
      await merge([{ ...FORD, listDate: DAY }]);
      await merge([{ ...FORD, listDate: DAY, active: false, delistedDate: DAY }]);
      await merge([{ ...listed }]);

      expect(counts.map(({ changed }) => changed)).to.deep.equal([1, 0]);
      expect(taken).to.deep.equal([{ market_cap: null }]);
      expect(await readAll('select market_cap, active from symbols')).to.deep.equal([
        { market_cap: null, active: true },
      ]);
    });

    it('keeps the market cap where a source without one learns an earlier list date, or repeats a delisting', async () => {
      await merge([FORD]);
      await merge([{ ...FORD, marketCapUsd: null, listDate: parseSessionDate('1956-03-07') }]);
      await merge([{ ...FORD, active: false, delistedDate: DAY }]);
      await merge([{ ...FORD, marketCapUsd: null, active: false, delistedDate: DAY }]);

      expect(await readAll('select market_cap from symbols')).to.deep.equal([{ market_cap: '55387227557' }]);
    });

    it('makes a delisted symbol active when it trades again', async () => {
      await merge([{ ...FORD, active: false, delistedDate: parseSessionDate('2026-06-01') }]);

      await merge([FORD]);

      expect(await readAll('select active, delisted_date from symbols')).to.deep.equal([
        { active: true, delisted_date: null },
      ]);
    });

    it('leaves known symbols as they are for an older session, and still adds unknown ones', async () => {
      await merge([FORD]);

      const counts = await merge(
        [
          { ...FORD, name: 'An older name', marketCapUsd: 1 },
          { ...FORD, symbol: 'OLD' },
        ],
        {
          onlyAdd: true,
        },
      );

      expect(counts).to.deep.equal({ added: 1, changed: 0, warnings: [] });
      expect(await readAll('select symbol, name from symbols order by symbol')).to.deep.equal([
        { symbol: 'F', name: FORD.name },
        { symbol: 'OLD', name: FORD.name },
      ]);
    });

    it("leaves the host's own columns and other symbols alone", async () => {
      await merge([FORD]);
      await given.test.database.pool.query(`alter table symbols add column note text;
        update symbols set note = 'mine', cik = '37996'; insert into symbols (symbol, active) values ('OTHER', true)`);

      await merge([{ ...FORD, name: 'Ford' }]);

      expect(await readAll('select symbol, name, note, cik, active from symbols order by symbol')).to.deep.equal([
        { symbol: 'F', name: 'Ford', note: 'mine', cik: '37996', active: true },
        { symbol: 'OTHER', name: null, note: null, cik: null, active: true },
      ]);
    });

    it('keeps what columns of a host hold, fills what is empty, and replaces it where it is configured so', async () => {
      const pool = given.test.database.pool;
      await pool.query(`insert into pipeline.host_fact (column_name) values ('name'), ('industry'), ('aum_millions');
        insert into symbols (symbol, name, sector, industry, active) values ('F', 'Ford, as we call it', 'Cars', '', true)`);

      await merge([FORD]);
      const kept = await readAll('select name, sector, industry, type, market_cap from symbols');
      await merge([{ ...FORD, industry: 'Trucks' }]);
      const again = await readAll('select industry from symbols');
      await merge([FORD], { hostFacts: 'replace' });

      expect(kept).to.deep.equal([
        {
          name: 'Ford, as we call it',
          sector: 'Industrials',
          industry: 'Auto Manufacturing',
          type: 'CS',
          market_cap: '55387227557',
        },
      ]);
      expect(again).to.deep.equal([{ industry: 'Auto Manufacturing' }]);
      expect(await readAll('select name from symbols')).to.deep.equal([{ name: FORD.name }]);
    });

    it('writes ISO codes of countries into a column that has no room for names', async () => {
      await given.test.database.pool.query('alter table symbols alter column country type varchar(5)');
      const countries = ['United States', 'Macau', 'South Korea', 'U.S. Virgin Islands', 'GB', 'Atlantis', null];

      const counts = await merge(countries.map((country, index) => ({ ...FORD, symbol: `S${index}`, country })));

      expect(counts.warnings).to.deep.equal([]);
      expect(
        (await readAll('select country from symbols order by symbol')).map(({ country }) => country),
      ).to.deep.equal(['US', 'MO', 'KR', 'VI', 'GB', null, null]);
    });

    it('cuts text to the length a column has, by whole characters, and settles', async () => {
      await given.test.database.pool.query(
        'alter table symbols alter column name type varchar(5), alter column sector type char(4)',
      );
      const long = { ...FORD, name: '😀😀😀😀😀😀', sector: 'Industrials' };

      const counts = [await merge([long]), await merge([long])];

      const warnings = [
        'symbols.name has 5 characters: 1 value is truncated; to keep them: alter table symbols alter column name type text',
        'symbols.sector has 4 characters: 1 value is truncated; to keep them: alter table symbols alter column sector type text',
      ];
      expect(counts).to.deep.equal([
        { added: 1, changed: 0, warnings },
        { added: 0, changed: 0, warnings },
      ]);
      expect(await readAll('select name, sector from symbols')).to.deep.equal([{ name: '😀😀😀😀😀', sector: 'Indu' }]);
    });

    it('leaves out a market cap that the column does not store, and settles', async () => {
      await given.test.database.pool.query('alter table symbols alter column market_cap type integer');

      const counts = [await merge([{ ...FORD, marketCapUsd: 5e10 }]), await merge([{ ...FORD, marketCapUsd: 5e10 }])];

      const warnings = [
        'symbols.market_cap is integer: 1 value is not stored; to keep them: alter table symbols alter column market_cap type numeric',
      ];
      expect(counts).to.deep.equal([
        { added: 1, changed: 0, warnings },
        { added: 0, changed: 0, warnings },
      ]);
      expect(await readAll('select symbol, market_cap from symbols')).to.deep.equal([
        { symbol: 'F', market_cap: null },
      ]);
    });

    it('writes the same instant whatever the type of the columns', async () => {
      await given.test.database.pool.query(`alter table symbols alter column last_updated type timestamp`);

      await merge([FORD]);

      expect(await readAll('select last_updated::text, last_updated_utc::text from symbols')).to.deep.equal([
        { last_updated: '2026-06-30 21:00:00', last_updated_utc: '2026-06-30 21:00:00+00' },
      ]);
    });
  });
});
