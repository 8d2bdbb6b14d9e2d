import { expect } from 'chai';
import { TradingCalendar } from '../../src/core/calendar.js';
import { PipelineError } from '../../src/core/errors.js';
import { approveException, readException, readExceptions, rejectException } from '../../src/exceptions/exceptions.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { runEvening } from '../support/evenings.js';
import { ANY_CAP, configOf, MONDAY, sync, TUESDAY, WEDNESDAY, type Listing } from '../support/market.js';
import { readMembers } from '../phases/cache-sync/publish/published-state.js';

const config = configOf({
  universes: { ...ANY_CAP, rankings: [{ key: 'top_9', title: 'Top 9', size: 9, by: 'company' }] },
  themes: [{ key: 'lists', title: 'Lists', symbols: ['OLD', 'NEW'] }],
});
const calendar = new TradingCalendar();
const ANN = { by: 'ann', at: new Date('2026-06-26T08:00:00Z') };
const REST: readonly Listing[] = ['AAA', 'BBB', 'CCC'].map((symbol, index) => ({
  symbol,
  cap: 20_000_000_001 + index,
}));
/** On the evening it changed its ticker the feed has another share count. */
const OLD: Listing = { symbol: 'OLD', name: 'Renamed Corp. Common Stock', cap: 3_141_592_650 };
const NEW: Listing = { ...OLD, symbol: 'NEW', cap: 3_300_000_000 };
const BANKS: readonly Listing[] = [
  { symbol: 'FBP', name: 'First BanCorp. New Common Stock', cap: 3.5e9 },
  { symbol: 'FBNC', name: 'First Bancorp Common Stock', cap: 2.3e9 },
];

describe('exceptions about two tickers', () => {
  let test: TestDatabase;
  const evening = (session: typeof MONDAY, listings: readonly Listing[]) =>
    runEvening(test.database, session, [...REST, ...listings], { config });
  const readOpen = async () =>
    (await readExceptions(test.database, { limit: 9 })).map(
      ({ kind, subject, reason }) => `${kind} ${subject} ${reason}`,
    );
  const onlyId = async (): Promise<number> => (await readExceptions(test.database, { limit: 9 }))[0]?.id ?? 0;
  const refusal = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'none',
      (error: unknown) => (error instanceof PipelineError ? error.code : String(error)),
    );

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(() => test.drop());

  describe('that are probably one security', () => {
    beforeEach(async () => {
      await evening(MONDAY, [OLD]);
      await evening(TUESDAY, [NEW]);
    });

    it('are asked about once, and are neither a new listing nor a member twice meanwhile', async () => {
      await evening(WEDNESDAY, [NEW]);

      expect(await readOpen()).to.deep.equal(['RENAME OLD → NEW OTHER_PRICE']);
      expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal([]);
      expect(await readMembers(test.database, 'top_9')).to.deep.equal(['AAA', 'BBB', 'CCC', 'NEW']);
    });

    it('stay apart in a sync of themes alone', async () => {
      await sync(test.database, TUESDAY, { config, mode: 'themes', recompute: true });

      expect(await readMembers(test.database, 'lists')).to.deep.equal(['NEW']);
    });

    it('are one when a person says so and the session is computed again', async () => {
      await evening(WEDNESDAY, [NEW]);
      const decided = await approveException(test.database, calendar, await onlyId(), ANN);
      await sync(test.database, WEDNESDAY, { config, replayFrom: TUESDAY });

      expect(decided).to.include({ state: 'approved', decidedBy: 'ann' });
      expect(decided.next).to.include(`tickstock backfill --from ${TUESDAY}`);
      const { rows } = await test.database.pool.query<{ text: string }>(
        `select symbol || ' ' || since as text from pipeline.universe_members('all_stocks') order by 1 desc limit 1`,
      );
      expect(rows[0]?.text).to.equal(`NEW ${MONDAY}`);
      expect(await readOpen()).to.deep.equal([]);
    });

    it('are two when a person says so', async () => {
      await rejectException(test.database, calendar, await onlyId(), ANN);
      await sync(test.database, TUESDAY, { config });

      expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal(['NEW']);
      expect(await readOpen()).to.deep.equal([]);
    });

    it('can be decided the other way, and the former decision stays on record', async () => {
      const id = await onlyId();
      await rejectException(test.database, calendar, id, ANN);
      const changed = await approveException(test.database, calendar, id, { ...ANN, by: 'bob' });

      expect(await readException(test.database, id)).to.include({ state: 'superseded', decidedBy: 'ann' });
      expect(changed).to.include({ state: 'approved', decidedBy: 'bob' });
      expect(await refusal(approveException(test.database, calendar, changed.id, ANN))).to.equal(
        'EOD_EXCEPTION_SETTLED',
      );
      expect(await refusal(rejectException(test.database, calendar, id, ANN))).to.equal('EOD_EXCEPTION_SETTLED');
    });

    it('are settled when the session is computed again from other evidence', async () => {
      const id = await onlyId();
      await test.database.pool.query(
        `update pipeline.source_quote set market_cap_usd = ${OLD.cap} where symbol = 'NEW' and session = $1`,
        [TUESDAY],
      );
      await test.database.pool.query(`update symbols set market_cap = ${OLD.cap} where symbol = 'NEW'`);
      await sync(test.database, TUESDAY, { config });

      expect(await readException(test.database, id)).to.include({ state: 'superseded' });
      expect(await refusal(approveException(test.database, calendar, id, ANN))).to.equal('EOD_EXCEPTION_SETTLED');
    });

    it('take no ratio', async () => {
      const work = approveException(test.database, calendar, await onlyId(), { ...ANN, ratio: '2:1' });

      expect(await refusal(work)).to.equal('EOD_ACTION_INVALID');
    });
  });

  describe('that may be classes of one company', () => {
    beforeEach(() => evening(MONDAY, BANKS));

    it('are asked about once, and are two companies meanwhile', async () => {
      await evening(TUESDAY, BANKS);

      expect(await readOpen()).to.deep.equal(['SAME_COMPANY FBNC and FBP SAME_NAME']);
      expect(await readMembers(test.database, 'top_9')).to.deep.equal(['AAA', 'BBB', 'CCC', 'FBNC', 'FBP']);
    });

    it('count as one with the next cache sync after a person said so', async () => {
      const { message } = await approveException(test.database, calendar, await onlyId(), ANN);
      await sync(test.database, MONDAY, { config });

      expect(message).to.include(
        'have the same name (First Bancorp Common Stock), but market caps of $2.30B and $3.50B',
      );
      expect(await readMembers(test.database, 'top_9')).to.deep.equal(['AAA', 'BBB', 'CCC', 'FBP']);
    });

    it('are not asked about any more when one of them turns out to be no stock', async () => {
      const [first, second] = BANKS;
      await evening(TUESDAY, [first as Listing, { ...second, type: 'SP' } as Listing]);

      expect(await readOpen()).to.deep.equal([]);
    });

    it('are not asked about any more when their figures agree', async () => {
      const [first, second] = BANKS;
      await evening(TUESDAY, [{ ...first, cap: 2.3e9 } as Listing, second as Listing]);

      expect(await readOpen()).to.deep.equal([]);
    });
  });
});
