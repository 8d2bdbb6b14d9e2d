import { expect } from 'chai';
import fc from 'fast-check';
import type { PoolClient } from 'pg';
import { copyIn, copyOut, formatCopyRow, parseCopyText } from '../../src/db/copy.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';

/** What PostgreSQL text can hold: any Unicode but NUL and lone surrogates. */
const storable = fc
  .oneof(
    fc.string({ unit: 'binary' }).map((text) => text.toWellFormed().replaceAll('\0', '')),
    fc.constantFrom('\\N', '\\.', '\\', '\t', '\r\n', '\\t', '', 'NULL', '{}', '"', '\b\v\f', '😀'),
  )
  .map((text) => text.normalize());

describe('COPY', () => {
  let test: TestDatabase;
  let client: PoolClient;

  before(async () => {
    test = await createEmptyDatabase();
    client = await test.database.connectClient();
    await client.query('create table note (id integer, body text, tags text[], seen boolean, price numeric)');
  });

  after(async () => {
    client.release();
    await test.drop();
  });

  afterEach(async () => {
    await client.query('truncate note');
  });

  it('stores every kind of value as it is', async () => {
    await copyIn(client, 'note (id, body, tags, seen, price)', [
      [1, 'tab\tnewline\nreturn\rbackslash\\', ['a "quoted" one', 'back\\slash', 'NULL', '', 'com,ma'], true, 0.000001],
      [2, null, [], false, null],
      [3, '\\N', ['\t\n'], null, 745140.03],
    ]);

    const { rows } = await client.query('select id, body, tags, seen, price::float8 from note order by id');

    expect(rows).to.deep.equal([
      {
        id: 1,
        body: 'tab\tnewline\nreturn\rbackslash\\',
        tags: ['a "quoted" one', 'back\\slash', 'NULL', '', 'com,ma'],
        seen: true,
        price: 0.000001,
      },
      { id: 2, body: null, tags: [], seen: false, price: null },
      { id: 3, body: '\\N', tags: ['\t\n'], seen: null, price: 745140.03 },
    ]);
  });

  it('gives back any text it was given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.option(storable), storable), { maxLength: 20 }), async (pairs) => {
        await client.query('truncate note');
        const sent = await copyIn(
          client,
          'note (id, body, tags)',
          pairs.map(([body, tag], id) => [id, body, [tag, tag]]),
        );

        const read: (string | null)[][] = [];
        for await (const batch of copyOut(client, 'select id, body, tags[2] from note order by id'))
          read.push(...batch);

        expect(sent).to.equal(pairs.length);
        expect(read).to.deep.equal(pairs.map(([body, tag], id) => [String(id), body, tag]));
      }),
      { numRuns: 60 },
    );
  });

  it('reads a line as it was written', () => {
    fc.assert(
      fc.property(fc.array(fc.option(storable), { minLength: 1 }), (row) => {
        expect(parseCopyText(formatCopyRow(row))).to.deep.equal([row]);
      }),
    );
  });

  it('streams more than a buffer in both directions', async () => {
    const count = 50_000;
    function* rows(): Generator<[number, string]> {
      for (let id = 0; id < count; id += 1) yield [id, 'é'.repeat(id % 7)];
    }

    const sent = await copyIn(client, 'note (id, body)', rows());
    let read = 0;
    for await (const batch of copyOut(client, 'select id, body from note order by id')) {
      for (const row of batch) {
        expect(row).to.deep.equal([String(read), 'é'.repeat(read % 7)]);
        read += 1;
      }
    }

    expect([sent, read]).to.deep.equal([count, count]);
  });

  it('gives no rows for an empty result', async () => {
    const batches: unknown[] = [];
    for await (const batch of copyOut(client, 'select id from note')) batches.push(batch);

    expect(batches).to.deep.equal([]);
  });

  it('leaves a connection that works when the rows break off', async () => {
    function* broken(): Generator<[number]> {
      yield [1];
      throw new Error('the feed broke off');
    }

    const failure = await copyIn(client, 'note (id)', broken()).catch((error: unknown) => error);
    const { rows } = await client.query('select count(*)::int as count from note');

    expect(failure).to.have.property('message', 'the feed broke off');
    expect(rows).to.deep.equal([{ count: 0 }]);
  });

  it('leaves a connection that works when the server refuses a row', async () => {
    const failure = await copyIn(client, 'note (id)', [['not a number']]).catch((error: unknown) => error);
    const { rows } = await client.query('select count(*)::int as count from note');

    expect(failure).to.have.property('code', '22P02');
    expect(rows).to.deep.equal([{ count: 0 }]);
  });

  it('says what the server refused, however many rows are still to come', async () => {
    function* rows(): Generator<[string]> {
      for (let row = 0; row < 200_000; row += 1) yield [row === 5000 ? 'not a number' : String(row)];
    }

    const failure = await copyIn(client, 'note (id)', rows()).catch((error: unknown) => error);

    expect(failure).to.include({ code: '22P02' });
    expect((await client.query('select 1 as one')).rows).to.deep.equal([{ one: 1 }]);
  });

  it('leaves a connection that works when the query fails half-way', async () => {
    let read = 0;
    const readAll = async (): Promise<void> => {
      for await (const batch of copyOut(client, 'select 1 / (20000 - i) from generate_series(1, 30000) i'))
        read += batch.length;
    };

    const failure = await readAll().catch((error: unknown) => error);
    const { rows } = await client.query('select 1 as one');

    expect(failure).to.have.property('code', '22012');
    expect(read).to.be.below(20_000);
    expect(rows).to.deep.equal([{ one: 1 }]);
  });

  it('leaves a connection that works when a reader stops early', async () => {
    for await (const batch of copyOut(client, 'select * from generate_series(1, 500000)')) {
      if (batch.length > 0) break;
    }

    const { rows } = await client.query('select 1 as one');

    expect(rows).to.deep.equal([{ one: 1 }]);
  });
});
