import { expect } from 'chai';
import { TradingCalendar } from '../../src/core/calendar.js';
import { PipelineError } from '../../src/core/errors.js';
import type { SessionDate } from '../../src/core/session.js';
import { approveException, readExceptions, rejectException } from '../../src/exceptions/exceptions.js';
import { History } from '../../src/history/history.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { runEvening } from '../support/evenings.js';
import { configOf, FRIDAY, MONDAY, sync, THURSDAY, TUESDAY, WEDNESDAY, type Listing } from '../support/market.js';
import { readMembers } from '../phases/cache-sync/publish/published-state.js';

const config = configOf({ universes: { rankings: [{ key: 'top_1', title: 'Top 1', size: 1 }] } });
const calendar = new TradingCalendar();
const ANN = { by: 'ann', at: new Date('2026-06-26T08:00:00Z') };
const REST: readonly Listing[] = ['AAA', 'BBB', 'CCC'].map((symbol, index) => ({ symbol, cap: 200e9 + index }));
const BANK: Listing = { symbol: 'BANK', name: 'Bank Corp. Common Stock', cap: 100e9 };
/** Eight times the share count, at the same price. */
const WRONG: Listing = { ...BANK, cap: 800e9 };

describe('an exception about a market cap', () => {
  let test: TestDatabase;
  const evening = (session: SessionDate, listing: Listing) =>
    runEvening(test.database, session, [...REST, listing], { config });
  const readAll = () => readExceptions(test.database, { state: 'all', limit: 9 });
  const readStates = async () =>
    (await readAll()).map(({ kind, symbol, reason, state, session }) =>
      [kind, symbol, reason, state, session].join(' '),
    );
  const onlyId = async (): Promise<number> => (await readExceptions(test.database, { limit: 9 }))[0]?.id ?? 0;
  const readCaps = async () =>
    (
      await test.database.pool.query<{ cap: number }>(
        `select (market_cap_usd / 1e9)::float as cap from pipeline.valuation where symbol = 'BANK' order by session`,
      )
    ).rows.map(({ cap }) => cap);

  beforeEach(async () => {
    test = await createTestDatabase();
    await evening(MONDAY, BANK);
    await evening(TUESDAY, WRONG);
    await evening(WEDNESDAY, WRONG);
  });

  afterEach(() => test.drop());

  it('is opened once, when the figure is suspect for a second session, and says what is used', async () => {
    await evening(THURSDAY, WRONG);

    const [exception] = await readAll();
    expect(await readStates()).to.deep.equal([`MARKET_CAP BANK SHARE_COUNT open ${WEDNESDAY}`]);
    expect(exception?.subject).to.equal('$800B, used $100B');
    expect(exception?.message).to.equal(
      'the source states $800B where the price explains $100B: 80,000,000,000 shares instead of 10,000,000,000',
    );
    expect(await readMembers(test.database, 'top_1')).to.deep.equal(['CCC']);
    expect(await readCaps()).to.deep.equal([100, 100, 100, 100]);
  });

  it('is superseded when the figure is right again', async () => {
    await evening(THURSDAY, BANK);

    expect(await readStates()).to.deep.equal([`MARKET_CAP BANK SHARE_COUNT superseded ${WEDNESDAY}`]);
  });

  it('is the same one after a replay, and has the newest evidence of its session', async () => {
    await evening(WEDNESDAY, { ...WRONG, cap: 900e9 });
    const [exception] = await readAll();
    await evening(THURSDAY, BANK);
    await sync(test.database, THURSDAY, { config, replayFrom: MONDAY, recompute: true });

    expect(exception?.subject).to.equal('$900B, used $100B');
    expect(await readStates()).to.deep.equal([`MARKET_CAP BANK SHARE_COUNT superseded ${WEDNESDAY}`]);
  });

  it('is superseded when the security is delisted', async () => {
    await runEvening(test.database, THURSDAY, [...REST, { ...WRONG, active: false }], { config });

    expect(await readStates()).to.deep.equal([`MARKET_CAP BANK SHARE_COUNT superseded ${WEDNESDAY}`]);
  });

  it('is believed at once when a person approves it, in the same session too, and a replay says the same', async () => {
    await approveException(test.database, calendar, await onlyId(), ANN);
    await sync(test.database, WEDNESDAY, { config });
    const members = await readMembers(test.database, 'top_1');
    await sync(test.database, WEDNESDAY, { config, replayFrom: WEDNESDAY, recompute: true });

    expect(members).to.deep.equal(['BANK']);
    expect(await readMembers(test.database, 'top_1')).to.deep.equal(['BANK']);
    expect(await readCaps()).to.deep.equal([100, 100, 800]);
    const { sentences } = await new History(test.database, calendar).why('BANK', 'top_1');
    expect(sentences.join(' ')).to.include(`believed since ${WEDNESDAY}; until ${TUESDAY} it was 10,000,000,000`);
  });

  it('keeps the figure out for good when a person rejects it, asks again about another one, and can be changed', async () => {
    const id = await onlyId();
    await rejectException(test.database, calendar, id, ANN);
    await evening(THURSDAY, WRONG);
    const rejected = await readStates();
    await evening(FRIDAY, { ...BANK, cap: 3000e9 });

    expect(rejected).to.deep.equal([`MARKET_CAP BANK SHARE_COUNT rejected ${WEDNESDAY}`]);
    expect(await readCaps()).to.deep.equal([100, 100, 100, 100, 100]);
    await approveException(test.database, calendar, id, ANN);
    expect((await readStates()).sort()).to.deep.equal([
      `MARKET_CAP BANK SHARE_COUNT approved ${WEDNESDAY}`,
      `MARKET_CAP BANK SHARE_COUNT superseded ${WEDNESDAY}`,
    ]);
  });

  it('takes no ratio', async () => {
    const refused = await approveException(test.database, calendar, await onlyId(), { ...ANN, ratio: '2:1' }).catch(
      (error: unknown) => error,
    );

    expect(refused).to.be.instanceOf(PipelineError).with.property('code', 'EOD_ACTION_INVALID');
  });
});
