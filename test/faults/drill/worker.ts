/** A process of its own that runs the session it is told, under the lease it is given; it is killed, suspended or cut off meanwhile. */
import 'reflect-metadata';
import { once } from 'node:events';
import { openDrillPipeline, SESSION } from './drill-pipeline.js';

const [url = '', heartbeatMs = '', expiryMs = '', skewMs = '0'] = process.argv.slice(2);
/** The clock of this machine is off: a run must neither end nor be taken over for it. */
const realNow = Date.now;
Date.now = () => realNow() + Number(skewMs);
const pipeline = await openDrillPipeline(url, { heartbeatMs: Number(heartbeatMs), expiryMs: Number(expiryMs) });
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const result = await pipeline
  .start({ session: SESSION })
  .then(({ finished }) => {
    process.stdout.write('started\n');
    return finished;
  })
  .catch((error: unknown) => error);
process.stdout.write(`${JSON.stringify(result)}\n`);
await pipeline.close({ drainMs: 0 });
process.exit();
