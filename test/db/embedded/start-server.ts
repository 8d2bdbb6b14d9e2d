import { startEmbeddedServer } from '../../../src/db/embedded/server.js';

/**
 * A process of its own that starts the server of the folder given, prints what it got as one line of JSON, and then either waits
 * to be killed (`wait`) or has nothing left to do (`end`).
 */
const [dataDir = '', then = 'wait'] = process.argv.slice(2);
const { url, port, started } = await startEmbeddedServer({ dataDir });
console.log(JSON.stringify({ url, port, started, pid: process.pid }));
if (then === 'wait') setInterval(() => undefined, 60_000);
