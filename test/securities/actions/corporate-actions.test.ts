import { learn } from '../identity/identity-fixture.js';
import { expect } from 'chai';
import fc from 'fast-check';
import type { PipelineError } from '../../../src/core/errors.js';
import { approveException, readExceptions, rejectException } from '../../../src/exceptions/exceptions.js';
import { readBars } from '../../../src/securities/actions/bars.js';
import { addActions, readActions, withdrawAction } from '../../../src/securities/actions/corporate-actions.js';
import { MONDAY, TUESDAY, WEDNESDAY } from '../../support/market.js';
import { calendar, useBars } from './actions-fixture.js';

const ANN = { by: 'ann', source: 'person', at: new Date() } as const;

describe('corporate actions', () => {
  const { database, bring, readKnown, readDoubts } = useBars();
  const add = (...entry: [symbol: string, session: string, kind: string, ratio?: string, amountUsd?: string]) => {
    const [symbol, session, kind, ratio, amountUsd] = entry;
    return addActions(database(), calendar, [{ symbol, session, kind, ratio, amountUsd }], ANN);
  };
  const failure = async (work: Promise<unknown>): Promise<PipelineError> =>
    work.then(
      () => expect.fail('nothing was refused'),
      (error: unknown) => error as PipelineError,
    );
  const closesOf = async (symbol: string, adjusted: 'none' | 'split' | 'total' = 'split') =>
    (await readBars(database(), symbol, { adjusted })).map(({ close }) => close);

  beforeEach(async () => {
    await bring(MONDAY, { MOVED: [298.99, null], PAID: [100, null], USUAL: [10, null] });
    await bring(TUESDAY, { MOVED: [73.81, 298.99], PAID: [98, 98], USUAL: [10.1, 10] });
  });

  it('adjust the bars before them, and an entered one takes the place of another of that session', async () => {
    await add('MOVED', TUESDAY, 'split', '5:1');
    await add('MOVED', TUESDAY, 'split', '4:1');
    await add('PAID', TUESDAY, 'cash_dividend', undefined, '2');

    expect(await readKnown()).to.deep.equal([
      `MOVED ${TUESDAY} split 4:1 person`,
      `PAID ${TUESDAY} cash_dividend 2 person`,
    ]);
    expect(await closesOf('MOVED', 'none')).to.deep.equal([298.99, 73.81]);
    expect(await closesOf('MOVED')).to.deep.equal([74.7475, 73.81]);
    expect(await closesOf('PAID')).to.deep.equal([100, 98]);
    expect(await closesOf('PAID', 'total')).to.deep.equal([98, 98]);
    expect(await add('MOVED', TUESDAY, 'split', '4:1')).to.equal(0);
  });

  it('of a person stand above a derived one, which comes back with the withdrawal', async () => {
    await bring(MONDAY, { SPLIT: [100, null] });
    await bring(TUESDAY, { SPLIT: [10, 10], USUAL: [10.1, 10] });
    const derived = await closesOf('SPLIT');
    await add('SPLIT', TUESDAY, 'none');
    const denied = await closesOf('SPLIT');
    const [entered] = await readActions(database(), { symbol: 'SPLIT', limit: 1 });

    await withdrawAction(database(), entered?.id ?? 0, { by: 'ann', at: new Date() });

    expect([derived, denied, await closesOf('SPLIT')]).to.deep.equal([
      [10, 10],
      [100, 10],
      [10, 10],
    ]);
    const [kept] = await readActions(database(), { symbol: 'SPLIT', limit: 1 });
    expect(await failure(withdrawAction(database(), kept?.id ?? 0, { by: 'ann', at: new Date() }))).to.include({
      code: 'EOD_ACTION_UNKNOWN',
    });
  });

  it('are known as of a time', async () => {
    const before = new Date();
    await addActions(database(), calendar, [{ symbol: 'MOVED', session: TUESDAY, kind: 'split', ratio: '4:1' }], {
      ...ANN,
      at: new Date(before.getTime() + 1000),
    });

    const then = await readBars(database(), 'MOVED', { knownAt: before });

    expect(then.map(({ close }) => close)).to.deep.equal([298.99, 73.81]);
    expect(await closesOf('MOVED')).to.deep.equal([74.7475, 73.81]);
  });

  it('are refused all together, with every problem', async () => {
    const refusal = await failure(
      addActions(
        database(),
        calendar,
        [
          { symbol: 'MOVED', session: TUESDAY, kind: 'split', ratio: '4:1' },
          { symbol: 'MOVED', session: TUESDAY, kind: 'split', ratio: '1:4' },
          { symbol: 'USUAL', session: TUESDAY, kind: 'split', ratio: '2:1' },
          { symbol: 'USUAL', session: '2026-06-20', kind: 'split', ratio: '2:1' },
          { symbol: 'USUAL', session: TUESDAY, kind: 'splat', ratio: '2' },
          { symbol: 'USUAL', session: TUESDAY, kind: 'split' },
          { symbol: 'USUAL', session: TUESDAY, kind: 'cash_dividend', ratio: '', amountUsd: '-1' },
          { symbol: 'NOPE', session: TUESDAY, kind: 'split', ratio: '2:1' },
          { symbol: 'MOVED', session: TUESDAY, kind: 'split', ratio: '1046:1000' },
        ],
        ANN,
      ),
    );

    expect(refusal.code).to.equal('EOD_ACTION_INVALID');
    for (const problem of [
      'row 2: MOVED went from 298.99 to 73.81 on 2026-06-23, which 1:4 does not explain',
      'row 4: session "2026-06-20" is no trading session',
      'row 5: kind must be one of',
      'row 5: ratio must be new:old shares',
      'row 6: ratio is missing',
      'row 7: amount_usd must be above zero',
      'row 8: NOPE has no bars',
    ])
      expect(refusal.message).to.include(problem);
    expect(refusal.message).to.not.include('row 1:');
    expect(await readKnown()).to.deep.equal([]);
  });

  it('settle the exception of their session: approved, rejected, and open again when taken back', async () => {
    const [doubt] = await readExceptions(database(), { limit: 5 });
    const id = doubt?.id ?? 0;

    const wrong = await failure(approveException(database(), calendar, id, { ...ANN, ratio: '1:4' }));
    const approved = await approveException(database(), calendar, id, ANN);
    const again = await failure(rejectException(database(), calendar, id, ANN));
    const adjusted = await closesOf('MOVED');
    const [action] = await readActions(database(), { symbol: 'MOVED', limit: 1 });
    await withdrawAction(database(), action?.id ?? 0, { by: 'bob', at: new Date() });
    const reopened = await readDoubts();
    const rejected = await rejectException(database(), calendar, id, ANN);

    expect(doubt).to.include({ symbol: 'MOVED', reason: 'UNADJUSTED', proposal: '4:1', state: 'open' });
    expect(wrong.code).to.equal('EOD_ACTION_INVALID');
    expect(approved).to.include({ state: 'approved', decidedBy: 'ann' });
    expect(again.code).to.equal('EOD_EXCEPTION_SETTLED');
    expect(adjusted).to.deep.equal([74.7475, 73.81]);
    expect(reopened).to.deep.equal([`MOVED ${TUESDAY} UNADJUSTED open`]);
    expect(rejected.state).to.equal('rejected');
    expect(await closesOf('MOVED')).to.deep.equal([298.99, 73.81]);
  });

  it('are not decided on evidence that has changed', async () => {
    const [doubt] = await readExceptions(database(), { limit: 5 });
    await bring(TUESDAY, { MOVED: [75, 298.99], PAID: [98, 98], USUAL: [10.1, 10] });

    const refusal = await failure(approveException(database(), calendar, doubt?.id ?? 0, ANN));

    expect(refusal.code).to.equal('EOD_EXCEPTION_SETTLED');
    expect(refusal.message).to.include('the prices have changed since');
    expect(await readDoubts()).to.deep.equal([`MOVED ${TUESDAY} UNADJUSTED open`]);
  });

  it('reach the bars of a former ticker, which leads to the same bars', async () => {
    await bring(WEDNESDAY, { TAKEN: [37, null], USUAL: [10, 10.1] });
    await learn(database(), [{ symbol: 'MOVED', session: WEDNESDAY, to: 'TAKEN' }], new Date());
    await add('MOVED', TUESDAY, 'split', '4:1');
    await addActions(database(), calendar, [{ symbol: 'TAKEN', session: WEDNESDAY, kind: 'split', ratio: '2:1' }], {
      ...ANN,
      force: true,
    });

    const bars = await readBars(database(), 'TAKEN', {});

    expect(bars.map(({ ticker, close, factor }) => [ticker, close, factor])).to.deep.equal([
      ['MOVED', 37.37375, 0.125],
      ['MOVED', 36.905, 0.5],
      ['TAKEN', 37, 1],
    ]);
    expect(await readBars(database(), 'MOVED', {})).to.deep.equal(bars);
  });

  it('are those of the company that has the ticker, not of the one that had it before', async () => {
    await bring(WEDNESDAY, { MOVED: [50, null], USUAL: [10, 10.1] });
    await learn(database(), [{ symbol: 'MOVED', session: WEDNESDAY, to: null }], new Date());

    expect(await closesOf('MOVED')).to.deep.equal([50]);
  });

  it('end in the same factors whatever the order they are learned in', async () => {
    const actions: [string, string, string, string?, string?][] = [
      ['MOVED', TUESDAY, 'split', '4:1'],
      ['MOVED', TUESDAY, 'none'],
      ['MOVED', TUESDAY, 'unit_change', '5:1'],
      ['PAID', TUESDAY, 'cash_dividend', '', '2'],
    ];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(actions, { minLength: 1 }), async (learned) => {
        await database().pool.query('truncate pipeline.corporate_action');
        for (const entry of learned) await add(entry[0], entry[1], entry[2], entry[3], entry[4]);
        const last = learned.findLast(([symbol]) => symbol === 'MOVED');
        const known = await readKnown();

        expect(known.filter((line) => line.startsWith('MOVED'))).to.deep.equal(
          last === undefined ? [] : [['MOVED', TUESDAY, last[2], last[3], 'person'].filter(Boolean).join(' ')],
        );
        expect(known.some((line) => line.startsWith('PAID'))).to.equal(learned.some(([symbol]) => symbol === 'PAID'));
      }),
      { numRuns: 15 },
    );
  });

  it('say that nothing has bars of that name', async () => {
    expect((await failure(readBars(database(), 'NOPE', {}))).code).to.equal('EOD_SYMBOL_UNKNOWN');
  });
});
