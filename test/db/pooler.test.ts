import { expect } from 'chai';
import { createPipeline } from '../../src/container.js';
import type { Pipeline } from '../../src/orchestrator/pipeline.js';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.js';
import { MONDAY } from '../support/market.js';
import { ScreenerFiles } from '../support/screener-files.js';
import { skipWithoutPgBouncer, startPgBouncer, type TestPooler } from '../support/pgbouncer.js';
import { countStatements, ENDLESS, waitForStatement } from '../support/statements.js';
import { hostPhase, readRuns } from '../orchestrator/host-phase.js';
import { Database } from '../../src/db/database.js';

const STOCKS = Array.from({ length: 40 }, (_, index) => ({
  symbol: `S${index + 10}`,
  marketCap: `${index + 1}000000000`,
}));

for (const mode of ['session', 'transaction'] as const) {
  describe(`a pipeline behind PgBouncer in ${mode} mode`, () => {
    let test: TestDatabase;
    let pooler: TestPooler;
    let pipelines: Pipeline[] = [];
    let files: ScreenerFiles;

    before(function () {
      skipWithoutPgBouncer(this);
    });

    before(async () => {
      files = await ScreenerFiles.create();
      await files.writeSession(MONDAY, { nasdaq: STOCKS });
    });

    after(() => files?.remove());

    afterEach(async () => {
      for (const pipeline of pipelines) await pipeline.close();
      pipelines = [];
      await pooler.stop();
      await test.drop();
    });

    const open = async (phases: Parameters<typeof hostPhase>[2][] = []): Promise<Pipeline> => {
      const database = Database.connect({ url: pooler.url, poolSize: 4, connectTimeoutMs: 5000 });
      const pipeline = await createPipeline({
        config: { options: { database: { url: pooler.url }, import: { source: 'screener', dir: files.dir } } },
        phases: phases.map((options, index) =>
          hostPhase(database, `host-${index}`, { ordinal: 10 + index, ...options }),
        ),
      });
      pipelines.push(pipeline);
      const close = pipeline.close.bind(pipeline);
      pipeline.close = async (...all) => {
        await close(...all);
        await database.close();
      };
      return pipeline;
    };

    it('migrates an empty database and runs a session, twice', async () => {
      test = await createEmptyDatabase();
      pooler = await startPgBouncer(test.url, mode);
      const pipeline = await open();

      const first = await pipeline.run({ session: MONDAY });
      const second = await pipeline.run({ session: MONDAY });

      expect([first.error, first.status, second.status]).to.deep.equal([undefined, 'completed', 'completed']);
    });

    it('lets one of two processes run, and the other one afterwards', async () => {
      test = await createTestDatabase();
      pooler = await startPgBouncer(test.url, mode);
      let finish = (): void => undefined;
      const gate = new Promise<void>((resolve) => (finish = resolve));
      const [busy, other] = [await open([{ work: () => gate }]), await open([{}])];

      const started = await busy.start({ session: MONDAY, phases: ['host-0'] });
      const refusal: unknown = await other
        .run({ session: MONDAY, phases: ['host-0'] })
        .catch((error: unknown) => error);
      finish();
      await started.finished;
      const next = await other.run({ session: MONDAY, phases: ['host-0'] });

      expect(refusal).to.include({ code: 'EOD_RUN_LOCKED' });
      expect(next.status).to.equal('completed');
    });

    it('cancels the statement that is under way', async () => {
      test = await createTestDatabase();
      pooler = await startPgBouncer(test.url, mode);
      const database = Database.connect({ url: pooler.url, poolSize: 4, connectTimeoutMs: 5000 });
      const pipeline = await open([
        {
          work: ({ signal }) => database.transaction(async ({ client }) => void (await client.query(ENDLESS)), signal),
        },
      ]);
      const started = await pipeline.start({ session: MONDAY, phases: ['host-0'] });
      await waitForStatement(test.database, ENDLESS);

      const since = performance.now();
      await pipeline.cancel('ann');
      const result = await started.finished;
      await database.close();

      expect(result.status).to.equal('cancelled');
      expect(performance.now() - since).to.be.below(2000);
      expect(await countStatements(test.database, ENDLESS)).to.equal(0);
      expect((await readRuns(test.database)).map(({ run }) => run)).to.deep.equal(['cancelled 1']);
    });
  });
}
