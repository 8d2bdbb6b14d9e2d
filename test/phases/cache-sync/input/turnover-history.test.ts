import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { loadTurnoverHistory } from '../../../../phases/cache-sync/input/turnover-history.js';
import type { TurnoverHistory } from '../../../../phases/cache-sync/holds/turnover-ratio.js';
import type { SessionDate } from '../../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, WEEK } from '../../../support/market.js';

const LEADERS = { type: 'stock_universe', name: 'market_leaders', key: 'top_10' };
const THEME = { type: 'stock_universe', name: 'themes', key: 'ai' };
const NEXT_MONDAY = '2026-06-29' as SessionDate;

/** Ten leaders and twenty in the theme from Monday on, a publish a day; what happened later, by hand. */
describe('the history of turnover', () => {
  let test: TestDatabase;
  const runs = new Map<SessionDate, string>();
  const load = async (session: SessionDate, sessions = 60): Promise<TurnoverHistory> => {
    const client = await test.database.pool.connect();
    try {
      return await loadTurnoverHistory(client, session, sessions);
    } finally {
      client.release();
    }
  };
  const change = (session: SessionDate, universe: number, action: string, count: number, superseded = false) =>
    test.database.pool.query(
      `insert into pipeline.membership_change (run_id, session, universe_id, symbol, action, reason, known_at, superseded_at)
       select $1, $2, $3, 'S' || i, $4, 'X', now(), case when $6 then now() end from generate_series(1, $5::int) as i`,
      [runs.get(session), session, universe, action, count, superseded],
    );
  const hold = (session: SessionDate, universe: number | null, state: string) =>
    test.database.pool.query(
      `insert into pipeline.hold (run_id, session, universe_id, gate, state, created_at) values ($1, $2, $3, 'turnover', $4, now())`,
      [runs.get(session), session, universe, state],
    );

  before(async () => {
    test = await createTestDatabase();
    for (const session of WEEK) {
      const id = randomUUID();
      runs.set(session, id);
      await test.database.pool.query(
        `insert into pipeline.run (id, session, trigger, mode, force, phases, status, started_at)
         values ($1, $2, 'manual', 'full', false, '{}', 'completed', now())`,
        [id, session],
      );
      await test.database.pool.query(
        `insert into pipeline.phase_run (run_id, phase, ordinal, session, status) values ($1, 'cache-sync', 2.5, $2, 'completed')`,
        [id, session],
      );
    }
    await test.database.pool.query(
      `insert into pipeline.universe (type, name, key, title, cache_type, policy, policy_hash)
       select type, name, key, '', '', '{}', '' from jsonb_to_recordset($1) as u (type text, name text, key text)`,
      [JSON.stringify([LEADERS, THEME])],
    );
    await change(MONDAY, 1, 'added', 10);
    await change(WEDNESDAY, 1, 'added', 2);
    await change(WEDNESDAY, 1, 'removed', 2);
    await change(THURSDAY, 1, 'removed', 5, true);
    await change(TUESDAY, 2, 'added', 16);
    await change(THURSDAY, 2, 'added', 4);
    await change(FRIDAY, 2, 'removed', 5);
  });

  after(async () => {
    await test.drop();
  });

  it('gives the share exchanged in each session since the first publish, newest first, quiet ones as nothing', async () => {
    const history = await load(NEXT_MONDAY);

    expect(history.ratiosOf(LEADERS, 10)).to.deep.equal([0, 0, 0.2, 0]);
    // 15 now: 5 of 20 went on Friday, 4 came to 16 on Thursday; Tuesday was the first publish.
    expect(history.ratiosOf(THEME, 15)).to.deep.equal([0.25, 0.25, 0]);
    expect(history.ratiosOf({ ...THEME, key: 'new' }, 0)).to.deep.equal([]);
  });

  it('looks back so many sessions, and never at the session itself', async () => {
    expect((await load(NEXT_MONDAY, 2)).ratiosOf(THEME, 15)).to.deep.equal([0.25, 0.25]);
    expect((await load(FRIDAY)).ratiosOf(LEADERS, 10)).to.deep.equal([0, 0.2, 0]);
    expect((await load(TUESDAY)).ratiosOf(LEADERS, 10)).to.deep.equal([]);
    expect((await load(TUESDAY)).publishedBefore(LEADERS)).to.equal(null);
  });

  it('leaves out sessions in which the universe, or everything, was held', async () => {
    expect((await load(NEXT_MONDAY)).publishedBefore(LEADERS)).to.equal(FRIDAY);
    await hold(FRIDAY, 1, 'open');
    await hold(FRIDAY, 2, 'approved');
    await hold(THURSDAY, null, 'rejected');

    const history = await load(NEXT_MONDAY);

    expect(history.publishedBefore(LEADERS)).to.equal(WEDNESDAY);
    expect(history.publishedBefore(THEME)).to.equal(FRIDAY);
    expect(history.ratiosOf(LEADERS, 10)).to.deep.equal([0.2, 0]);
  });
});
