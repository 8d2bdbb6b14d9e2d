/** A process of its own that begins a run for each session it reads, prints its id, and never ends it: it waits to be killed. */
import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { parseSessionDate } from '../../src/core/session.js';
import { Database } from '../../src/db/database.js';
import { hostPhases, openPipeline, startRun, workForever } from './fault-pipeline.js';

const [url = '', redisUrl = ''] = process.argv.slice(2);
const database = Database.connect({ url, poolSize: 2, connectTimeoutMs: 5000 });
const phases = hostPhases(database, async (phase, context) => {
  if (phase === 'patterns') await workForever(context);
});
// With another configuration, so that a service ends what this process leaves instead of resuming it.
const pipeline = await openPipeline(url, redisUrl, { phases }, 6);
for await (const session of createInterface({ input: process.stdin })) {
  const { runId } = await startRun(pipeline, parseSessionDate(session));
  process.stdout.write(`${runId}\n`);
}
// Whoever started it is gone.
process.exit();
