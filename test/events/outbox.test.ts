import { expect } from 'chai';
import { appendToOutbox, pruneOutbox } from '../../src/events/outbox.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { AT, CHANNEL, commitEvents, numbered, numberedFrom, numbersOf, OTHER_RUN, RUN } from './drafts.js';

interface Row {
  readonly event_id: string;
  readonly run_id: string | null;
  readonly sequence: number | null;
  readonly channels: string[];
  readonly body: string;
  readonly created_at: Date;
  readonly published_at: Date | null;
  readonly number: number;
}

describe('the outbox', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  it('keeps an event as it will be published, with its id and its place in the run', async () => {
    const payload = { text: 'quote " and backslash \\, new\nline, é, 👍, \u0000', none: null, list: [1, 2.5] };

    await commitEvents(test.database, RUN, [{ event: 'one', channels: ['a:b', 'c, "d"'], source: 'test', payload }]);

    const [row] = await readRows();
    expect(row).to.deep.include({
      run_id: RUN,
      sequence: 1,
      channels: ['a:b', 'c, "d"'],
      created_at: AT,
      published_at: null,
    });
    expect(JSON.parse(row?.body ?? '')).to.deep.equal({
      event: 'one',
      timestamp: '2026-06-30T20:10:00.000Z',
      source: 'test',
      version: '1.0',
      event_id: row?.event_id,
      sequence: 1,
      payload,
    });
  });

  it("counts a run's events from 1 without gaps, over several transactions and beside other runs", async () => {
    await commitEvents(test.database, RUN, numberedFrom(1, 3));
    await commitEvents(test.database, OTHER_RUN, numberedFrom(101, 102));
    await commitEvents(test.database, RUN, numberedFrom(4, 5));

    const rows = await readRows();

    expect(rows.map(({ run_id, sequence, number }) => [run_id === RUN, sequence, number])).to.deep.equal([
      [true, 1, 1],
      [true, 2, 2],
      [true, 3, 3],
      [false, 1, 101],
      [false, 2, 102],
      [true, 4, 4],
      [true, 5, 5],
    ]);
    expect(new Set(rows.map(({ event_id }) => event_id))).to.have.property('size', 7);
  });

  it('gives an event outside of runs no sequence', async () => {
    await commitEvents(test.database, null, [numbered(1)]);

    const [row] = await readRows();

    expect(row).to.include({ run_id: null, sequence: null });
    expect(JSON.parse(row?.body ?? '')).to.have.all.keys(
      'event',
      'timestamp',
      'source',
      'version',
      'event_id',
      'payload',
    );
  });

  it('asks the database nothing where there is no event', async () => {
    const runner = { query: () => Promise.reject(new Error('asked')) };

    await appendToOutbox(runner, RUN, [], AT);
  });

  it('forgets the events of a transaction that rolls back, and their places with them', async () => {
    const failed = test.database.transaction(async ({ client }) => {
      await appendToOutbox(client, RUN, numberedFrom(1, 3), AT);
      throw new Error('no');
    });
    await failed.catch(() => undefined);

    await commitEvents(test.database, RUN, [numbered(4)]);

    expect((await readRows()).map(({ sequence, number }) => [sequence, number])).to.deep.equal([[1, 4]]);
  });

  it('gives commit_seq in the order of commits, whoever began first', async () => {
    const writer = async (run: number): Promise<void> => {
      for (let round = 0; round < 10; round += 1)
        await commitEvents(test.database, run % 2 ? RUN : null, [numbered(run)]);
    };
    const seen = new Set<string>();
    const late: string[] = [];
    let last = 0n;
    const state = { writing: true };
    const reader = async (): Promise<void> => {
      while (state.writing) {
        const { rows } = await test.database.pool.query<{ seq: string }>(
          'select commit_seq as seq from pipeline.outbox order by commit_seq',
        );
        for (const { seq } of rows) {
          if (!seen.has(seq) && BigInt(seq) < last) late.push(seq);
          seen.add(seq);
        }
        last = BigInt(rows.at(-1)?.seq ?? 0);
      }
    };
    const reading = reader();

    await Promise.all([1, 2, 3, 4].map(writer));
    state.writing = false;
    await reading;

    expect(late).to.deep.equal([]);
    const rows = await readRows();
    expect(rows).to.have.length(40);
    expect(rows.filter((row) => row.run_id === RUN).map((row) => row.sequence)).to.deep.equal(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  it('lets events go to channels of a host as well', async () => {
    await commitEvents(test.database, RUN, [numbered(1, [CHANNEL, 'host:patterns'])]);

    expect((await readRows()).map(({ channels }) => channels)).to.deep.equal([[CHANNEL, 'host:patterns']]);
  });

  describe('pruned', () => {
    beforeEach(async () => {
      await commitEvents(test.database, RUN, [numbered(1)], new Date('2026-05-31T20:09:59Z'));
      await commitEvents(test.database, RUN, [numbered(2)], new Date('2026-05-31T20:09:59Z'));
      await commitEvents(test.database, RUN, [numbered(3)], new Date('2026-05-31T20:10:01Z'));
      await test.database.pool.query(`update pipeline.outbox set published_at = now() where sequence = 1`);
    });

    it('loses what is old and delivered', async () => {
      const pruned = await pruneOutbox(test.database.pool, { keepDays: 30, onlyDelivered: true, at: AT });

      expect(pruned).to.equal(1);
      expect((await readRows()).map(({ number }) => number)).to.deep.equal([2, 3]);
    });

    it('loses everything old where nothing is ever delivered', async () => {
      const pruned = await pruneOutbox(test.database.pool, { keepDays: 30, onlyDelivered: false, at: AT });

      expect(pruned).to.equal(2);
      expect((await readRows()).map(({ number }) => number)).to.deep.equal([3]);
    });
  });

  async function readRows(): Promise<Row[]> {
    const { rows } = await test.database.pool.query<Omit<Row, 'number'>>(
      `select event_id, run_id, sequence, channels, body::text as body, created_at, published_at
       from pipeline.outbox order by commit_seq`,
    );
    return rows.map((row) => ({ ...row, number: numbersOf([row.body])[0] ?? NaN }));
  }
});
