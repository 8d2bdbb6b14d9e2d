import { startEmbeddedServer } from '../../../src/db/embedded/server.js';

/**
 * A process of its own that starts the server of the folder given, prints what it got as one line of JSON, and then either waits
 * to be killed or, on SIGTERM, to stop its server and end (`wait`), or has nothing left to do (`end`).
 */
const [dataDir = '', then = 'wait'] = process.argv.slice(2);
const server = await startEmbeddedServer({ dataDir });
const { url, port, started } = server;
console.log(JSON.stringify({ url, port, started, pid: process.pid }));
if (then === 'wait') {
  const waiting = setInterval(() => undefined, 60_000);
  process.once('SIGTERM', () => {
    clearInterval(waiting);
    void server.stop();
  });
}
