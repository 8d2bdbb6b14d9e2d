import { expect } from 'chai';
import { PipelineError } from '../../src/core/errors.js';
import { readEvents } from '../../src/events/replay.js';
import { republish } from '../../src/events/republish.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { CHANNEL, commitEvents, numberedFrom, OTHER_RUN, RUN } from './drafts.js';

describe('reading events back', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  it('goes through every event page by page, in the order of commits, delivered or not', async () => {
    await commitEvents(test.database, RUN, numberedFrom(1, 3));
    await commitEvents(test.database, OTHER_RUN, numberedFrom(4, 5));
    await commitEvents(test.database, null, numberedFrom(6, 7));
    await test.database.pool.query('update pipeline.outbox set published_at = now() where sequence = 1');
    const pages: number[][] = [];
    const more: boolean[] = [];
    let after: string | undefined;

    do {
      const page = await readEvents(test.database.pool, { after, limit: 3 });
      pages.push(page.events.map(({ payload }) => Number(payload['number'])));
      more.push(page.has_more);
      after = page.next ?? undefined;
    } while (more.at(-1));

    expect(pages).to.deep.equal([[1, 2, 3], [4, 5, 6], [7]]);
    expect(more).to.deep.equal([true, true, false]);
  });

  it('publishes the delivered events of a range again, and no others', async () => {
    const at = (minute: number): Date => new Date(Date.UTC(2026, 5, 30, 20, minute));
    for (const minute of [1, 2, 3, 4]) {
      await commitEvents(test.database, RUN, numberedFrom(minute, minute), at(minute));
    }
    await test.database.pool.query('update pipeline.outbox set published_at = now() where sequence <> 3');

    const counts = [
      await republish(test.database, { from: at(2), to: at(3) }),
      await republish(test.database, { from: at(4) }),
      await republish(test.database, { from: at(5) }),
    ];

    expect(counts).to.deep.equal([1, 1, 0]);
    const { rows } = await test.database.pool.query<{ number: number }>(
      `select (body -> 'payload' ->> 'number')::int as number from pipeline.outbox where published_at is null order by 1`,
    );
    expect(rows.map(({ number }) => number)).to.deep.equal([2, 3, 4]);
  });

  it('gives events as they were published, with their channels', async () => {
    await commitEvents(test.database, RUN, numberedFrom(1, 1));

    const { events } = await readEvents(test.database.pool, { limit: 10 });

    expect(events[0]?.event_id).to.match(/^[0-9a-f-]{36}$/);
    expect(events).to.deep.equal([
      {
        event: 'numbered',
        timestamp: '2026-06-30T20:10:00.000Z',
        source: 'test',
        version: '1.0',
        event_id: events[0]?.event_id,
        sequence: 1,
        payload: { number: 1 },
        channels: [CHANNEL],
      },
    ]);
  });

  it('continues later from where it stopped', async () => {
    await commitEvents(test.database, RUN, numberedFrom(1, 2));
    const { next } = await readEvents(test.database.pool, { limit: 10 });
    const nothing = await readEvents(test.database.pool, { after: next ?? '', limit: 10 });
    await commitEvents(test.database, RUN, numberedFrom(3, 3));

    const { events } = await readEvents(test.database.pool, { after: nothing.next ?? '', limit: 10 });

    expect(nothing).to.deep.equal({ events: [], next, has_more: false });
    expect(events.map(({ payload }) => payload['number'])).to.deep.equal([3]);
  });

  it('is empty where nothing has happened', async () => {
    expect(await readEvents(test.database.pool, { limit: 10 })).to.deep.equal({
      events: [],
      next: null,
      has_more: false,
    });
  });

  for (const after of ['00000000-0000-4000-8000-000000000000', 'x', '', "'; drop table pipeline.outbox; --"]) {
    it(`refuses to start after ${JSON.stringify(after)}, which is no event`, async () => {
      const error = await readEvents(test.database.pool, { after, limit: 10 }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );

      expect(error).to.be.instanceOf(PipelineError);
      expect(error).to.include({ code: 'EOD_EVENT_UNKNOWN' });
    });
  }
});
