import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { identifyProcess } from '../../src/db/process-identity.js';
import { readRuns } from '../../src/history/runs.js';
import { RunStore } from '../../src/orchestrator/run/run-store.js';
import { createOrchestrator, hostPhase } from '../orchestrator/host-phase.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { MONDAY } from '../support/market.js';

const DAY_MS = 86_400_000;

describe('the history of runs', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  it('has a run that was found dead years after it started, with all its milliseconds', async () => {
    const startedAt = Date.parse('2020-01-01T00:00:00.250Z');
    const orchestrator = createOrchestrator(test.database, [hostPhase(test.database, 'host')]);
    await orchestrator.run({ session: MONDAY });
    await test.database.pool.query(
      `with died as (update pipeline.run set status = 'running', finished_at = null, started_at = $1)
       update pipeline.phase_run set status = 'running', finished_at = null, started_at = $1`,
      [new Date(startedAt)],
    );

    await new RunStore(test.database).markInterrupted(new Date(startedAt + 2000 * DAY_MS + 1));

    const { runs, total } = await readRuns(test.database, { limit: 10 });
    expect(total).to.equal(1);
    expect(runs[0]).to.include({ status: 'interrupted', durationMs: 172_800_000_001 });
    expect(runs[0]?.phases[0]).to.include({ status: 'interrupted', durationMs: 172_800_000_001 });
  });

  it('has a run whose phase counted more than an int holds, and one that counted in fractions', async () => {
    const counting = (counters: Readonly<Record<string, number>>) => {
      const phase = hostPhase(test.database, 'host', { report: { counters } });
      return createOrchestrator(test.database, [phase]).run({ session: MONDAY });
    };
    await counting({ symbols: 3e9, failed: 2.6, indicators: 5e12 });

    const { runs } = await readRuns(test.database, { limit: 10 });

    expect(runs[0]?.totals).to.deep.equal({
      symbolsProcessed: 3_000_000_000,
      symbolsFailed: 3,
      indicatorsCalculated: 5e12,
    });
  });

  it('has a run as interrupted as soon as its process is gone or its lease has expired, and as running before', async function () {
    const orchestrator = createOrchestrator(test.database, [hostPhase(test.database, 'host')]);
    await orchestrator.run({ session: MONDAY });
    const { machine } = identifyProcess();
    const { pid: goneFrom } = spawnSync('true');
    const statusOf = async (ownerPid: number, ownerMachine: string | null, expires: string) => {
      await test.database.pool.query(
        `with run as (update pipeline.run set status = 'running', finished_at = null returning fence)
         insert into pipeline.lease (name, owner, instance, machine, pid, fence, acquired_at, renewed_at, expires_at)
         select 'run', 'host:1', 'an-instance', $1, $2, fence, now(), now(), clock_timestamp() + $3::interval from run
         on conflict (name) do update set machine = excluded.machine, pid = excluded.pid, expires_at = excluded.expires_at`,
        [ownerMachine, ownerPid, expires],
      );
      return (await readRuns(test.database, { limit: 1 })).runs[0]?.status;
    };

    // Without /proc no process is known to be gone.
    if (machine === null) this.skip();
    expect(await statusOf(process.pid, machine, '20 s')).to.equal('running');
    expect(await statusOf(goneFrom, 'another machine', '20 s')).to.equal('running');
    expect(await statusOf(goneFrom, machine, '20 s')).to.equal('interrupted');
    expect(await statusOf(process.pid, machine, '-1 s')).to.equal('interrupted');
  });
});
