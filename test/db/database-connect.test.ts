import { createServer } from 'node:net';
import { expect } from 'chai';
import type { PipelineError } from '../../src/core/errors.js';
import { Database } from '../../src/db/database.js';
import { failureOf, textOf } from './database-fixture.js';

describe('Database.connect', () => {
  it('reports a port that nobody listens on', async () => {
    const thrown = await connectTo('postgres://someone:hunter2@127.0.0.1:1/market');

    expect(thrown).to.include({ code: 'EOD_DB_UNAVAILABLE' });
    expect(thrown.message).to.include('ECONNREFUSED').and.include('127.0.0.1:1');
    expect(textOf(thrown)).to.not.include('hunter2');
  });

  it('reports a host name that nobody has', async () => {
    const thrown = await connectTo('postgres://someone:hunter2@no-such-host.invalid/market');

    expect(thrown).to.include({ code: 'EOD_DB_UNAVAILABLE' });
    expect(textOf(thrown)).to.not.include('hunter2');
  });

  it('reports a server that does not answer within the time allowed', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };

    const thrown = await connectTo(`postgres://someone:hunter2@127.0.0.1:${port}/market`, 200);
    silent.close();

    expect(thrown).to.include({ code: 'EOD_DB_UNAVAILABLE' });
    expect(textOf(thrown)).to.not.include('hunter2');
  });
});

async function connectTo(url: string, connectTimeoutMs = 5000): Promise<PipelineError> {
  const database = Database.connect({ url, poolSize: 3, connectTimeoutMs });
  try {
    return await failureOf(database.transaction(({ client }) => client.query('select 1')));
  } finally {
    await database.close();
  }
}
