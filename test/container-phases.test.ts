import { expect } from 'chai';
import pg from 'pg';
import { container as rootContainer } from 'tsyringe';
import { createPipeline } from '../src/container.js';
import { hostPhase, readWork } from './orchestrator/host-phase.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { MONDAY } from './support/market.js';
import { anotherTsyringe, errorOf, LABEL, Labelling, useHost } from './container-fixture.js';

describe('a pipeline in a host', () => {
  const { open, opened, ...host } = useHost();
  let test: TestDatabase;
  let pool: pg.Pool;

  beforeEach(() => {
    test = host.test();
    pool = host.pool();
  });

  describe('beside another', () => {
    it('has phases, progress and runs of its own', async () => {
      const other = await createTestDatabase();
      const otherPool = new pg.Pool({ connectionString: other.url }).on('error', () => undefined);
      try {
        const first = await open({ phases: [hostPhase(test.database, 'firsts', { ordinal: 4 })] });
        const second = await open({ database: otherPool });
        const heard: string[] = [];
        second.tracker.subscribe((event) => void heard.push(event.type));

        await first.run({ session: MONDAY });

        const ofSecond = second.phases.map(({ id }) => id);
        expect(ofSecond).to.include.members(['import', 'cache-sync', 'indicators']).and.not.include('firsts');
        expect(first.phases.map(({ id }) => id)).to.have.members([...ofSecond, 'firsts']);
        expect(heard).to.deep.equal([]);
        expect(second.tracker.snapshot()).to.equal(null);
        expect(
          [await first.history.runs({ limit: 5 }), await second.history.runs({ limit: 5 })].map(({ total }) => total),
        ).to.deep.equal([1, 0]);
      } finally {
        for (const pipeline of opened.splice(0)) await pipeline.close();
        await otherPool.end();
        await other.drop();
      }
    });

    it('on the same database waits for no turn: it is told who runs, and its listeners hear nothing of it', async () => {
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const slow = hostPhase(test.database, 'slow', { ordinal: 4, work: () => held });
      const first = await open({ phases: [slow] });
      const heard: string[] = [];
      const second = await open({ listeners: [(event) => void heard.push(event.type)] });
      const started = await first.start({ session: MONDAY, phases: ['slow'] });

      const refusal = await errorOf(second.start({ session: MONDAY }));
      release();
      await started.finished;

      expect(refusal).to.include({ code: 'EOD_RUN_LOCKED' });
      expect(refusal?.message).to.include(started.runId);
      expect([first.tracker.snapshot()?.runId, second.tracker.snapshot()]).to.deep.equal([started.runId, null]);
      expect(heard).to.deep.equal([]);
    });
  });

  describe('with phases of the host', () => {
    it("builds a class with the host's dependencies and its own", async () => {
      const hosts = rootContainer.createChildContainer();
      hosts.registerInstance(LABEL, 'from the host');
      const pipeline = await open({ container: hosts, phases: [Labelling] });

      await pipeline.run({ session: MONDAY });

      expect(await readWork(test.database)).to.deep.equal([`${MONDAY} from the host`]);
    });

    it("builds its own phases where the host's container is of another copy of tsyringe", async () => {
      const hosts = anotherTsyringe().createChildContainer();
      const phase = hostPhase(test.database, 'patterns', { ordinal: 4 });
      hosts.register('patterns', { useFactory: () => phase });

      const pipeline = await open({ container: hosts, phases: ['patterns'] });

      expect((await pipeline.run({ session: MONDAY })).status).to.equal('completed');
      expect(await readWork(test.database)).to.deep.equal([`${MONDAY} patterns`]);
    });

    it('refuses a class whose dependencies nobody has, and names both', async () => {
      const refusal = await errorOf(createPipeline({ database: pool, phases: [Labelling] }));

      expect(refusal).to.include({ code: 'EOD_CONFIG_INVALID' });
      expect(refusal?.message).to.include('Labelling').and.to.include('Label');
    });

    const clashes = {
      'the id of a shipped one': { id: 'import', options: { ordinal: 7 }, message: 'share an id or an ordinal' },
      'the ordinal of a shipped one': { id: 'own', options: { ordinal: 2.5 }, message: 'share an id or an ordinal' },
      'an ordinal that is no number': { id: 'own', options: { ordinal: NaN }, message: 'has the ordinal NaN' },
      'a need that nobody meets': { id: 'own', options: { ordinal: 4, needs: ['nobody'] }, message: 'needs "nobody"' },
      'a need that runs after it': { id: 'own', options: { ordinal: 1, needs: ['import'] }, message: 'needs "import"' },
    };
    for (const [what, { id, options, message }] of Object.entries(clashes)) {
      it(`refuses one with ${what}`, async () => {
        const refusal = await errorOf(
          createPipeline({ database: pool, phases: [hostPhase(test.database, id, options)] }),
        );

        expect(refusal).to.include({ code: 'EOD_CONFIG_INVALID' });
        expect(refusal?.message).to.include(message).and.to.include(`"${id}"`);
      });
    }
  });
});
