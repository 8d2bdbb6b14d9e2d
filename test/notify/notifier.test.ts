import { expect } from 'chai';
import pg from 'pg';
import { createPipeline } from '../../src/container.js';
import { NOTIFICATION_CAUSES } from '../../src/core/notification-causes.js';
import type { Phase } from '../../src/core/phase.js';
import { silentLogger } from '../../src/core/logger.js';
import { createWebhook } from '../../src/notify/channels/webhook.js';
import { Notifier } from '../../src/notify/notifier.js';
import type { Pipeline } from '../../src/orchestrator/pipeline.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { MONDAY, TUESDAY, WEDNESDAY, writeListings } from '../support/market.js';
import { clock, MARKET, PHASES, WITHOUT_BIG } from '../orchestrator/holds-fixture.js';
import { hostPhase } from '../orchestrator/host-phase.js';
import { bodiesOf, startReceiver, type Receiver } from './receiver.js';

const SECRET = Buffer.alloc(32, 7).toString('base64');
/** Before everything that the tests do. */
const EARLIER = '2026-06-01T00:00:00Z';

describe('notifications', () => {
  let test: TestDatabase;
  let pool: pg.Pool;
  let receiver: Receiver;

  beforeEach(async () => {
    [test, receiver] = await Promise.all([createTestDatabase(), startReceiver()]);
    pool = new pg.Pool({ connectionString: test.url, max: 6 });
    pool.on('error', () => undefined);
    await pool.query(`insert into pipeline.notification_channel values ('webhook', $1)`, [EARLIER]);
  });

  afterEach(async () => {
    await pool.end();
    await Promise.all([test.drop(), receiver.close()]);
  });

  /** A pipeline for some work; it has sent its messages when this resolves. */
  async function within(work: (pipeline: Pipeline) => Promise<unknown>, phases: readonly Phase[] = []): Promise<void> {
    const webhook = { url: receiver.url, secret: SECRET };
    const config = { options: { notify: { webhook, allowPrivate: true, oldSessions: 2 } } };
    const pipeline = await createPipeline({ database: pool, clock, config, phases });
    try {
      await work(pipeline);
    } finally {
      await pipeline.close();
    }
  }

  /** As a service does: what another process has stored is found. */
  async function look(): Promise<void> {
    const notifier = createNotifier();
    notifier.wake();
    await notifier.stop();
  }

  function createNotifier(): Notifier {
    return new Notifier({
      database: test.database,
      clock,
      logger: silentLogger,
      channels: [createWebhook({ url: receiver.url, secret: SECRET, allowPrivate: true })],
      causes: NOTIFICATION_CAUSES,
      oldSessions: 2,
    });
  }

  async function evening(
    pipeline: Pipeline,
    session = MONDAY,
    listings = MARKET,
    trigger: 'manual' | 'backfill' = 'manual',
  ) {
    await writeListings(test.database, session, listings);
    return pipeline.run({ session, phases: PHASES, trigger });
  }

  const sent = (): string[] =>
    bodiesOf(receiver).map(({ type, data }) => `${String(type)}: ${(data as { title: string }).title}`);
  const dataOf = (index: number) =>
    bodiesOf(receiver)[index]?.['data'] as Record<string, unknown> & { lines: string[] };
  const query = async (text: string): Promise<Record<string, unknown>[]> => (await pool.query(text)).rows;

  it('are not sent for an evening without trouble', async () => {
    await within((pipeline) => evening(pipeline));

    expect(sent()).to.deep.equal([]);
  });

  it('name what is held, once, with the command that shows it', async () => {
    await within(async (pipeline) => {
      await evening(pipeline);
      await evening(pipeline, TUESDAY, WITHOUT_BIG);
      await pipeline.run({ session: TUESDAY, phases: ['cache-sync'] });
    });
    await within((pipeline) => pipeline.run({ session: TUESDAY, phases: ['cache-sync'] }));

    const { facts, lines, command } = dataOf(0);
    const { holds } = facts as { holds: { id: number }[] };
    expect(sent()).to.deep.equal([`hold.opened: ${holds.length} universes are held in ${TUESDAY}`]);
    expect(lines).to.have.lengthOf(3);
    expect(lines[0]).to.match(/^\w+\/\w+\/\w+: /);
    expect(lines[2]).to.include('kept until a hold is approved');
    expect(command).to.equal('tickstock holds');
  });

  it('leave out what a backfill holds', async () => {
    await within(async (pipeline) => {
      await evening(pipeline, MONDAY, MARKET, 'backfill');
      await evening(pipeline, TUESDAY, WITHOUT_BIG, 'backfill');
      expect(await pipeline.holds.list({ limit: 10 })).not.to.deep.equal([]);
    });

    expect(sent()).to.deep.equal([]);
  });

  it('name the error of a run that failed, and its hint', async () => {
    const broken = hostPhase(test.database, 'broken', {
      ordinal: 9,
      work: () => Promise.reject(new Error('no such thing')),
    });
    await within(
      async (pipeline) => {
        await writeListings(test.database, MONDAY, MARKET);
        const { status } = await pipeline.run({ session: MONDAY, phases: [...PHASES, 'broken'] });
        expect(status).to.equal('failed');
      },
      [broken],
    );

    expect(sent()).to.deep.equal([`run.failed: The run for ${MONDAY} failed`]);
    expect(dataOf(0).lines[0]).to.include('no such thing');
    expect(dataOf(0)['command']).to.equal(`tickstock run --session ${MONDAY}`);
  });

  it('name a run that its source refuses, which a timer may have started', async () => {
    await within((pipeline) => pipeline.run({ session: MONDAY }).catch(() => undefined));

    expect(sent()).to.deep.equal([`run.failed: The run for ${MONDAY} failed`]);
    expect(dataOf(0).lines[0]).to.match(/^EOD_SOURCE_MISSING: /);
  });

  it('are sent for the first run after a channel is configured, and not for one before', async () => {
    await query('delete from pipeline.notification_channel');
    let nowMs = clock.now();
    const moving = { now: () => (nowMs += 1000) };
    const notify = { webhook: { url: receiver.url, secret: SECRET }, allowPrivate: true };
    const runWith = async (options: object, session = MONDAY): Promise<void> => {
      const pipeline = await createPipeline({ database: pool, clock: moving, config: { options } });
      await pipeline.run({ session }).catch(() => undefined);
      await pipeline.close();
    };

    await runWith({});
    await runWith({ notify }, TUESDAY);

    expect(sent()).to.deep.equal([`run.failed: The run for ${TUESDAY} failed`]);
  });

  it('follow a session that is late, missed, and published after all', async () => {
    await query(`insert into pipeline.slot (pipeline, session, state, reason, updated_at, due_at, late_at, tries)
                 values ('daily', '${MONDAY}', 'due', 'EOD_SOURCE_MISSING: no file', '2026-06-30T21:00Z', '2026-06-30T20:10Z', '2026-06-30T21:10Z', 4)`);
    await look();
    await query(`update pipeline.slot set state = 'missed', updated_at = '2026-06-30T23:00Z'`);
    await look();
    await within((pipeline) => evening(pipeline));

    expect(sent()).to.deep.equal([
      `session.late: ${MONDAY} is late`,
      `session.missed: ${MONDAY} is missed`,
      `session.caught_up: ${MONDAY} is published`,
    ]);
    expect(dataOf(0).lines.slice(0, 2)).to.deep.equal([
      'It was due at 2026-06-30 20:10 UTC and is not published yet.',
      'EOD_SOURCE_MISSING: no file',
    ]);
    expect(dataOf(1)['command']).to.equal(`tickstock run --session ${MONDAY}`);
  });

  it('name a failed run of the schedule once: as the run, when its session is given up', async () => {
    await within((pipeline) => evening(pipeline));
    await query(
      `update pipeline.run set status = 'failed', trigger = 'automatic', error = '{"code": "EOD_DB_FULL", "message": "no space left"}'`,
    );
    await query(`insert into pipeline.slot (pipeline, session, state, run_id, updated_at, due_at)
                 select 'daily', '${MONDAY}', 'claimed', id, '2026-07-01T00:10Z', '2026-06-30T20:10Z' from pipeline.run`);
    await look();
    expect(sent()).to.deep.equal([]);

    await query(`update pipeline.slot set state = 'missed'`);
    await look();
    expect(sent()).to.deep.equal([`run.failed: The run for ${MONDAY} failed`]);
    expect(dataOf(0).lines[0]).to.equal('EOD_DB_FULL: no space left');
  });

  it('name a run that was taken over', async () => {
    await within((pipeline) => evening(pipeline));
    await query(`update pipeline.run set takeovers = 1`);
    await look();

    expect(sent()).to.deep.equal([`run.taken_over: The run for ${MONDAY} was taken over`]);
    expect(dataOf(0).lines[1]).to.equal('It is completed.');
  });

  it('name exceptions when they are opened, and again when they are old', async () => {
    const exception = `insert into pipeline.exception (kind, symbol, session, reason, evidence, known_at)
                       select 'PRICE_MOVE', symbol, '${MONDAY}', 'UNEXPLAINED_MOVE', '{}', '2026-06-30T22:00Z' from unnest('{DELL,HPQ}'::text[]) symbol`;
    await within(async (pipeline) => {
      await evening(pipeline);
      await query(exception);
    });
    await within((pipeline) => evening(pipeline, TUESDAY));
    expect(sent()).to.deep.equal([`exception.opened: 2 exceptions were opened in ${MONDAY}`]);
    expect(dataOf(0).lines[0]).to.equal('DELL (PRICE_MOVE), HPQ (PRICE_MOVE)');

    await within((pipeline) => evening(pipeline, WEDNESDAY));
    await look();
    expect(sent().slice(1)).to.deep.equal([`exception.old: 2 exceptions of ${MONDAY} not decided`]);
    expect(dataOf(1).lines[1]).to.include('Open for 2 sessions');
  });

  it('name holds that last, once for the session in which they began', async () => {
    await within(async (pipeline) => {
      await evening(pipeline);
      await evening(pipeline, TUESDAY, WITHOUT_BIG);
    });
    await within((pipeline) => evening(pipeline, WEDNESDAY, WITHOUT_BIG));
    await look();

    const old = sent().filter((line) => line.startsWith('hold.old'));
    expect(old).to.have.lengthOf(1);
    expect(old[0]).to.include(`open since ${TUESDAY}`);
  });

  it('leave out what happened before the channel was configured', async () => {
    await query(`update pipeline.notification_channel set since = '2026-08-01T00:00Z'`);
    await within(async (pipeline) => {
      await evening(pipeline);
      await evening(pipeline, TUESDAY, WITHOUT_BIG);
    });

    expect(sent()).to.deep.equal([]);
  });

  describe('that wait', () => {
    beforeEach(async () => {
      await query(`insert into pipeline.slot (pipeline, session, state, updated_at, due_at, late_at)
                   values ('daily', '${MONDAY}', 'due', '2026-06-30T21:10Z', '2026-06-30T20:10Z', '2026-06-30T21:10Z')`);
    });

    const stored = async () =>
      (
        await query(
          `select state, tries, error, round(extract(epoch from next_at - clock_timestamp())) as pause from pipeline.notification`,
        )
      )[0];

    it('are sent again under the same id until they are accepted, with longer pauses', async () => {
      receiver.answer = (response) => void response.writeHead(500).end();
      await look();
      const first = await stored();
      await look();
      expect(receiver.received).to.have.lengthOf(1);
      await query('update pipeline.notification set next_at = clock_timestamp()');
      await look();
      const second = await stored();
      receiver.answer = (response) => void response.writeHead(200).end();
      await query('update pipeline.notification set next_at = clock_timestamp()');
      await look();
      await look();

      expect(first).to.deep.equal({ state: 'waiting', tries: 1, error: 'the answer was 500', pause: '30' });
      expect(second).to.deep.equal({ state: 'waiting', tries: 2, error: 'the answer was 500', pause: '60' });
      expect(await stored()).to.include({ state: 'delivered', tries: 3, error: null });
      expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).to.equal(1);
      expect(receiver.received).to.have.lengthOf(3);
    });

    it('are sent once by processes that look at the same time', async () => {
      const notifiers = Array.from({ length: 5 }, createNotifier);
      for (const notifier of notifiers) notifier.wake();
      await Promise.all(notifiers.map((notifier) => notifier.stop()));

      expect(sent()).to.deep.equal([`session.late: ${MONDAY} is late`]);
    });

    it('are given up after a day', async () => {
      receiver.answer = (response) => void response.writeHead(410).end();
      await look();
      await query(
        `update pipeline.notification set created_at = created_at - interval '25 hours', next_at = clock_timestamp()`,
      );
      await look();

      expect(await stored()).to.include({ state: 'failed', tries: 1, error: 'the answer was 410' });
      expect(receiver.received).to.have.lengthOf(1);
    });

    it('are sent by a service as well', async () => {
      await within(async (pipeline) => {
        pipeline.service.start();
        const deadline = Date.now() + 5000;
        while (receiver.received.length === 0 && Date.now() < deadline)
          await new Promise((resolve) => setTimeout(resolve, 10));
      });

      expect(sent()).to.include(`session.late: ${MONDAY} is late`);
    });
  });
});
