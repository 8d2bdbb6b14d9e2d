/** A process of its own that holds a run until it is killed: prints its run's id when the phase is under way. */
import { Database } from '../../../src/db/database.js';
import type { SessionDate } from '../../../src/core/session.js';
import { createOrchestrator, hostPhase } from '../host-phase.js';

const [url = '', session = ''] = process.argv.slice(2);
const database = Database.connect({ url, poolSize: 4, connectTimeoutMs: 5000 });
const endless = hostPhase(database, 'endless', {
  work: (context) =>
    database.transaction(async ({ client }) => {
      await client.query('create table half_done (id int)');
      process.stdout.write(`${context.runId}\n`);
      await client.query('select pg_sleep(600)');
    }, context.signal),
});
await createOrchestrator(database, [endless]).run({ session: session as SessionDate });
