import { expect } from 'chai';
import { parseSessionDate } from '../../../src/core/session.js';
import type { SnakeCased } from '../../../src/core/snake-case.js';
import type { WhyFacts } from '../../../src/history/explain/facts.js';
import { MONDAY } from '../../support/market.js';
import { useExplain } from './explain-fixture.js';

describe('why, in themes, in the past and in SQL', () => {
  const given = useExplain();
  const { ask } = given;

  it('tells how a theme takes in or keeps out', async () => {
    const sentences = async (symbol: string) => (await ask(symbol, 'chips')).sentences;

    expect(await sentences('A')).to.include('A is on the list of the theme.');
    expect(await sentences('F')).to.include('F is pinned in the theme.');
    expect(await sentences('B')).to.include('B is excluded from the theme.');
    expect(await sentences('D')).to.include(
      "It leaves when the theme's rules do not take it in any more, on 2026-06-30 at the earliest.",
    );
    expect((await ask('C', 'chips')).flips[0]).to.include({ change: 'enters', capUsd: 24.1e9 });
  });

  it('shows what is wrong with the figures', async () => {
    const [suspect, stale, receipt, gone] = [
      await ask('E', 'top_3'),
      await ask('B', 'top_3'),
      await ask('F', 'top_3'),
      await ask('G', 'top_3'),
    ];

    expect(suspect).to.deep.include({ flags: ['SUSPECT_CAP'], rawCapUsd: 50e9, marketCapUsd: 5e9, suspectSessions: 2 });
    expect(suspect.sentences)
      .to.include('Its market cap is taken as $5.00B.')
      .and.include(
        'The figure that came, $50.0B, is suspect for 2 sessions (SUSPECT_CAP): it moved far more than the price.',
      );
    expect(stale.sentences).to.include('Its price, 10, is that of 2026-06-23 (STALE_PRICE).');
    expect(receipt.sentences).to.include('F is not an eligible stock: it is not a common stock but ADRC (NOT_COMMON).');
    expect(gone.sentences).to.include('There are no figures of G for 2026-06-24: it is not active.');
    expect(gone.sentences.join()).to.not.include('null');
    expect([receipt.flips, gone.flips]).to.deep.equal([[], []]);
  });

  it('answers for the past, for other rules, and refuses what there is not', async () => {
    const before = await ask('D', 'top_3', MONDAY);
    const odd = await ask('A', 'odd');
    const all = await ask('A', 'all_stocks');
    const refusals = await Promise.all(
      [ask('NOPE', 'top_3'), ask('A', 'top_4'), ask('A', 'top_3', parseSessionDate('2026-06-19'))].map((answer) =>
        answer.catch((error: unknown) => error),
      ),
    );

    expect(before).to.deep.include({ member: true, since: MONDAY, session: MONDAY, rank: null, figuresSession: null });
    expect(odd).to.deep.include({ member: true, flips: [], rank: 1, scope: null });
    expect(all).to.deep.include({ member: true, flips: [], scope: null });
    expect(refusals.map((refusal) => (refusal as { code: string }).code)).to.deep.equal([
      'EOD_SYMBOL_UNKNOWN',
      'EOD_UNIVERSE_UNKNOWN',
      'EOD_SESSION_INVALID',
    ]);
  });

  it('is answered in SQL with the same facts', async () => {
    const { rows } = await given.test.database.pool.query<{ facts: SnakeCased<WhyFacts> }>(
      `select pipeline.why('C', 'top_3') as facts`,
    );
    const why = await ask('C', 'top_3');

    const facts = rows[0]?.facts;
    expect(facts).to.deep.include({ member: why.member, since: why.since, position: why.position, size: why.size });
    expect(facts?.valuation).to.deep.include({
      rank: why.rank,
      market_cap_usd: why.marketCapUsd,
      source: why.capSource,
    });
    expect(facts?.scope).to.deep.include({ place: 3, size: 3, symbols: 5, enter_place: 3, leave_place: 4 });
    expect(facts?.scope?.leave).to.include({ symbol: 'D', market_cap_usd: 24.1e9 });
  });
});
