import { expect } from 'chai';
import { approveException, readExceptions } from '../../../src/exceptions/exceptions.js';
import { announceRestated } from '../../../src/orchestrator/announce-restated.js';
import { addActions, readActions, withdrawAction } from '../../../src/securities/actions/corporate-actions.js';
import { MONDAY, THURSDAY, TUESDAY, WEDNESDAY } from '../../support/market.js';
import { learn } from '../identity/identity-fixture.js';
import { calendar, useBars } from './actions-fixture.js';

describe('bars that an action restates', () => {
  const { database, bring } = useBars();
  let clock = Date.parse('2026-06-26T08:00:00Z');
  const options = () => ({
    by: 'ann',
    source: 'person' as const,
    at: new Date((clock += 1000)),
    announce: announceRestated,
  });
  const add = (symbol: string, session: string, kind: string, ratio?: string, amountUsd?: string) =>
    addActions(database(), calendar, [{ symbol, session, kind, ratio, amountUsd }], { ...options(), force: true });
  const readTold = async (): Promise<string[]> => {
    const { rows } = await database().pool.query<{ text: string }>(
      `select concat_ws(' ', body #>> '{payload,symbol}', body #>> '{payload,session}', body #>> '{payload,kind}', body #>> '{payload,ratio}',
                        body #>> '{payload,adjusted}', body #>> '{payload,change}') as text
       from pipeline.outbox where body ->> 'event' = 'bars_restated' order by commit_seq`,
    );
    return rows.map(({ text }) => text);
  };

  beforeEach(async () => {
    await bring(MONDAY, { MOVED: [298.99, null], PAID: [100, null], USUAL: [10, null] });
    await bring(TUESDAY, { MOVED: [73.81, 298.99], PAID: [98, 98], USUAL: [10.1, 10] });
  });

  it('are told with every action that is recorded, replaced or withdrawn', async () => {
    await add('MOVED', TUESDAY, 'split', '5:1');
    await add('MOVED', TUESDAY, 'split', '4:1');
    await add('MOVED', TUESDAY, 'split', '4:1');
    await add('PAID', TUESDAY, 'cash_dividend', undefined, '2');
    const [entered] = await readActions(database(), { symbol: 'MOVED', limit: 1 });
    await withdrawAction(database(), entered?.id ?? 0, options());

    expect(await readTold()).to.deep.equal([
      `MOVED ${TUESDAY} split 5:1 split recorded`,
      `MOVED ${TUESDAY} split 4:1 split recorded`,
      `PAID ${TUESDAY} cash_dividend  total recorded`,
      `MOVED ${TUESDAY} split 4:1 split withdrawn`,
    ]);
  });

  it('are told with the decision about an exception, under the present ticker', async () => {
    await bring(WEDNESDAY, { TAKEN: [37, null], USUAL: [10, 10.1] });
    await learn(database(), [{ symbol: 'MOVED', session: WEDNESDAY, to: 'TAKEN' }], new Date());
    const [doubt] = await readExceptions(database(), { limit: 1 });
    await approveException(database(), calendar, doubt?.id ?? 0, options());

    expect(await readTold()).to.deep.equal([`TAKEN ${TUESDAY} split 4:1 split recorded`]);
  });

  it('are none before there are bars of the session', async () => {
    await add('MOVED', THURSDAY, 'split', '4:1');

    expect(await readTold()).to.deep.equal([]);
  });

  it('are not told of when the action is refused', async () => {
    const work = addActions(
      database(),
      calendar,
      [{ symbol: 'MOVED', session: TUESDAY, kind: 'split', ratio: '1:4' }],
      options(),
    );
    await work.then(
      () => expect.fail('nothing was refused'),
      () => undefined,
    );

    expect(await readTold()).to.deep.equal([]);
  });
});
