import { expect } from 'chai';
import type { SessionDate } from '../../../src/core/session.js';
import { matchRenames, type Arrived, type Departed } from '../../../src/securities/renames/match-renames.js';
import { MONDAY, TUESDAY } from '../../support/market.js';

const OLD: Departed = {
  symbol: 'BK',
  name: 'The Bank of New York Mellon Corporation Common Stock',
  type: 'CS',
  close: 137.16,
  marketCapUsd: 94_143_749_812,
  lastSession: MONDAY,
  figi: null,
};
const NEW: Arrived = {
  symbol: 'BNY',
  name: 'The Bank Of New York Mellon Corporation',
  type: 'CS',
  close: 138.98,
  marketCapUsd: 95_392_959_674,
  previousClose: 137.16,
  firstSession: TUESDAY,
  figi: null,
};
/** As some exchanges quote a new ticker. */
const FIRST_DAY = { previousClose: null };
/** Of companies that share nothing in their names. */
const OTHER_NAME = { name: 'Something Else Inc. Common Stock' };
const ROUND = { close: 10, marketCapUsd: 250_000_000 };

const match = (old: readonly Partial<Departed>[], arrived: readonly Partial<Arrived>[]): string[] =>
  matchRenames(
    old.map((each) => ({ ...OLD, ...each })),
    arrived.map((each) => ({ ...NEW, ...each })),
    (session) => (session === TUESDAY ? MONDAY : ('2026-06-19' as SessionDate)),
  ).renames.map(({ from, to }) => `${from} ${to}`);

describe('matching tickers that left with those that came', () => {
  const cases: readonly [string, Partial<Departed>, Partial<Arrived>, boolean][] = [
    ['the same count and previous close', {}, {}, true],
    ['the same count and previous close under another name', {}, OTHER_NAME, true],
    ['the same count on a marked first day', {}, FIRST_DAY, true],
    ['the same count on a marked first day under another name', {}, { ...FIRST_DAY, ...OTHER_NAME }, true],
    [
      'a move of half overnight with the same previous close',
      {},
      { close: 205.77, marketCapUsd: 141_236_196_332 },
      true,
    ],
    ['a round count on a marked first day under another name', ROUND, { ...ROUND, ...FIRST_DAY, ...OTHER_NAME }, false],
    ['a round count on a marked first day under the same name', ROUND, { ...ROUND, ...FIRST_DAY }, true],
    [
      'a price more than twice as high on a marked first day',
      {},
      { ...FIRST_DAY, close: 280, marketCapUsd: 192_186_224_000 },
      false,
    ],
    ['a count one in a thousand higher', {}, { marketCapUsd: 95_488_352_634 }, false],
    ['another previous close', {}, { previousClose: 140 }, false],
    ['a previous close off by the rounding', {}, { previousClose: 137.5 }, true],
    ['no cap, the same previous close and name', { marketCapUsd: null }, { marketCapUsd: null }, true],
    ['no cap and another name', { marketCapUsd: null }, { marketCapUsd: null, ...OTHER_NAME }, false],
    ['no cap on a marked first day, the same name', {}, { marketCapUsd: null, ...FIRST_DAY }, true],
    ['no name at all and a round count', { ...ROUND, name: null }, { ...ROUND, ...FIRST_DAY, name: null }, false],
    ['another type', {}, { type: 'WARRANT' }, false],
    [
      'when-issued shares, of no type yet',
      { type: 'OTHER', name: `${OLD.name} When Issued`, marketCapUsd: null },
      FIRST_DAY,
      true,
    ],
    ['a session between', { lastSession: '2026-06-18' as SessionDate }, {}, false],
    ['both on one session', { lastSession: TUESDAY }, {}, false],
    ['a close of zero', { close: 0 }, {}, false],
    ['figures that are no numbers', { close: NaN, marketCapUsd: NaN }, FIRST_DAY, false],
  ];
  for (const [title, old, newcomer, isRename] of cases) {
    it(`${isRename ? 'finds' : 'does not find'} ${title}`, () => {
      expect(match([old], [newcomer])).to.deep.equal(isRename ? ['BK BNY'] : []);
    });
  }

  const doubts: readonly [string, Partial<Departed>, Partial<Arrived>, string | null][] = [
    ['another share count, the same previous close and name', {}, { marketCapUsd: 99e9 }, 'OTHER_SHARE_COUNT'],
    ['a split on the same evening', {}, { ...FIRST_DAY, close: 13.898, marketCapUsd: 95_392_959_674 }, 'OTHER_PRICE'],
    [
      'the same count under another name and price',
      {},
      { ...OTHER_NAME, close: 280, marketCapUsd: 192_186_224_000, ...FIRST_DAY },
      'OTHER_NAME_AND_PRICE',
    ],
    [
      'a round count under another name and price',
      ROUND,
      { ...OTHER_NAME, close: 30, marketCapUsd: 750_000_000, ...FIRST_DAY },
      null,
    ],
    ['nothing but the name', {}, { ...FIRST_DAY, close: 280, marketCapUsd: 9e9 }, null],
    ['another type', {}, { type: 'ADRC', marketCapUsd: 99e9 }, null],
  ];
  for (const [title, old, newcomer, reason] of doubts) {
    it(`${reason === null ? 'does not ask' : 'asks'} about ${title}`, () => {
      const { renames, probable } = matchRenames([{ ...OLD, ...old }], [{ ...NEW, ...newcomer }], () => MONDAY);

      expect([renames.length, probable.map((each) => each.reason)]).to.deep.equal([0, reason === null ? [] : [reason]]);
    });
  }

  it('asks about all that match where the names do not decide', () => {
    const twins = ['N1', 'N2'].map((symbol) => ({ ...NEW, symbol }));
    const { renames, probable } = matchRenames([OLD], twins, () => MONDAY);

    expect([renames.length, probable.map(({ to, reason }) => `${to} ${reason}`)]).to.deep.equal([
      0,
      ['N1 SEVERAL_MATCH', 'N2 SEVERAL_MATCH'],
    ]);
  });

  it('follows what a person decided', () => {
    const twins = ['N1', 'N2'].map((symbol) => ({ ...NEW, symbol }));
    const decided = (isSame: boolean) => new Map([['N1', new Map([['BK', isSame]])]]);
    const show = (isSame: boolean) => {
      const { renames, probable } = matchRenames([OLD], twins, () => MONDAY, decided(isSame));
      return [renames, probable].map((found) => found.map(({ to }) => to));
    };

    expect(show(true)).to.deep.equal([['N1'], []]);
    expect(show(false)).to.deep.equal([['N2'], []]);
  });

  it('takes a common FIGI as proof, and different ones as nothing', () => {
    const changed = { ...FIRST_DAY, ...OTHER_NAME, close: 600, marketCapUsd: 1e9 };

    expect(match([{ figi: 'BBG001S5PRX4' }], [{ ...changed, figi: 'BBG001S5PRX4' }])).to.deep.equal(['BK BNY']);
    expect(match([{ figi: 'BBG001S5PRX4' }], [{ ...changed, figi: 'BBG000000000' }])).to.deep.equal([]);
    expect(match([{ figi: 'BBG001S5PRX4' }], [{ figi: 'BBG000000000' }])).to.deep.equal(['BK BNY']);
  });

  it('takes another notation of the ticker for the same, whatever the figures, at a price near the last one', () => {
    const none = { marketCapUsd: null, previousClose: null, ...OTHER_NAME };
    const classes = ['AKO/A', 'AKO/B'].map((symbol) => ({ symbol, marketCapUsd: null }));
    const came = ['AKO.A', 'AKO-B'].map((symbol) => ({ ...none, symbol }));

    expect(match(classes, came)).to.deep.equal(['AKO/A AKO.A', 'AKO/B AKO-B']);
    expect(match(classes.slice(0, 1), [{ ...none, symbol: 'AKO.A', type: 'ADRC' }])).to.deep.equal(['AKO/A AKO.A']);
    expect(match(classes.slice(0, 1), [{ ...none, symbol: 'AKO.A', close: 400 }])).to.deep.equal([]);
    expect(match(classes.slice(0, 1), [{ ...none, symbol: 'AKO.B' }])).to.deep.equal([]);
  });

  it('compares ten thousand that left with ten thousand that came', () => {
    const numbers = Array.from({ length: 10_000 }, (_, index) => index);
    const name = (index: number) => `Company ${index} Inc. Common Stock`;
    const old = numbers.map((index) => ({
      ...OLD,
      symbol: `O${index}`,
      name: name(index),
      marketCapUsd: 1e9 + index * 1_234_567,
    }));
    const came = numbers.map((index) => ({
      ...NEW,
      symbol: `N${index}`,
      name: name(index),
      close: OLD.close,
      marketCapUsd: 1e9 + index * 1_234_567,
    }));

    const { renames } = matchRenames(old, came.toReversed(), () => MONDAY);

    expect(renames.filter(({ from, to }) => from.slice(1) === to.slice(1)).length).to.equal(10_000);
  });

  it('finds a security that was held back with the session it came in', () => {
    const came = { firstSession: MONDAY, ...FIRST_DAY };

    expect(match([{ lastSession: '2026-06-19' as SessionDate }], [came])).to.deep.equal(['BK BNY']);
  });

  it('lets the name decide between two that match', () => {
    const others = [{}, { symbol: 'BKX', ...OTHER_NAME }];

    expect(match([{}], others)).to.deep.equal(['BK BNY']);
    expect(match(others, [{}])).to.deep.equal(['BK BNY']);
  });

  it('decides nothing when the names do not', () => {
    expect(match([{}], [{}, { symbol: 'BNZ' }])).to.deep.equal([]);
    expect(match([{}, { symbol: 'BKX' }], [{}])).to.deep.equal([]);
  });

  it('keeps pairs apart that change on one evening', () => {
    const other = { close: 20, marketCapUsd: 3_141_592_653, name: 'Other Corp.' };
    const found = match([{}, { symbol: 'OLD', ...other }], [{ symbol: 'NEW', ...other, previousClose: 20 }, {}]);

    expect(found).to.have.members(['BK BNY', 'OLD NEW']);
  });

  it('finds nothing where nothing left or came', () => {
    expect(match([], [{}])).to.deep.equal([]);
    expect(match([{}], [])).to.deep.equal([]);
  });
});
