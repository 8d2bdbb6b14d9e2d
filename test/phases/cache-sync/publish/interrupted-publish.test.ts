import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { systemClock } from '../../../../src/core/clock.js';
import { ProgressTracker } from '../../../../src/progress/tracker.js';
import type { TestDatabase } from '../../../support/database.js';
import { FRIDAY, MONDAY, sync, TUESDAY, writeListings } from '../../../support/market.js';
import { listWritten, readCacheRows, readVersions } from './published-state.js';
import { useAtomicPublish, config, marketOn, createOrchestrator, cutConnections } from './atomic-publish-fixture.js';

describe('a publish that is interrupted', () => {
  const given = useAtomicPublish();

  it('whose connections are lost as it commits is there whole or not at all, and its run says which', async () => {
    await writeListings(given.test.database, MONDAY, marketOn(0));
    await sync(given.test.database, MONDAY, { config });
    const versions = await readVersions(given.test.database);
    await writeListings(given.test.database, TUESDAY, marketOn(1));
    const tracker = new ProgressTracker(systemClock);
    let cut: Promise<unknown> | undefined;
    tracker.subscribe((event) => {
      if (event.type === 'task-finished' && event.taskId === 'publish') cut ??= cutConnections(given.reader);
    });
    const orchestrator = createOrchestrator(given.test, tracker);

    const result = await orchestrator.run({ session: TUESDAY, phases: ['cache-sync'] });
    await cut;
    // The pool takes a moment to notice that its idle connections are gone.
    await delay(200);
    const versionsAfter = await readVersions(given.test.database);

    if (result.status === 'completed') expect(versionsAfter).not.to.deep.equal(versions);
    else expect(result.error).to.include({ code: 'EOD_DB_UNAVAILABLE' });
    expect((await orchestrator.run({ session: TUESDAY, phases: ['cache-sync'] })).status).to.equal('completed');
  });

  for (const task of ['load', 'select', 'value', 'publish']) {
    it(`that is cancelled when its task ${task} is done leaves the state before it`, async () => {
      await writeListings(given.test.database, MONDAY, marketOn(0));
      await sync(given.test.database, MONDAY, { config });
      const [rows, versions] = [await readCacheRows(given.test.database), await readVersions(given.test.database)];
      await writeListings(given.test.database, FRIDAY, marketOn(3));
      const tracker = new ProgressTracker(systemClock);
      const controller = new AbortController();
      tracker.subscribe((event) => {
        if (event.type === 'task-finished' && event.taskId === task) controller.abort();
      });

      const result = await createOrchestrator(given.test, tracker).run({
        session: FRIDAY,
        phases: ['cache-sync'],
        signal: controller.signal,
      });

      expect(result).to.have.nested.property('error.code', 'EOD_CANCELLED');
      expect(result.status).to.equal('cancelled');
      expect(listWritten(rows, await readCacheRows(given.test.database))).to.deep.equal([]);
      expect(await readVersions(given.test.database)).to.deep.equal(versions);
      expect(await readPhaseStatuses(given.test, FRIDAY)).to.deep.equal(['cancelled']);
    });
  }
});

async function readPhaseStatuses(test: TestDatabase, session: string): Promise<string[]> {
  const { rows } = await test.database.pool.query<{ status: string }>(
    'select status from pipeline.phase_run where session = $1',
    [session],
  );
  return rows.map((row) => row.status);
}
