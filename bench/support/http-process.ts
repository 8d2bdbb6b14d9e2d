import { createServer, listen } from '../../src/http/index.js';
import { createPipeline, type Clock } from '../../src/index.js';

/**
 * A service for one evening: `node http-process.js URL SCREENER-FOLDER SESSION KEY` prints its address and serves until its input ends.
 *
 * Its clock starts at six in the evening of the session in New York (summer time).
 */
const [url = '', dir = '', session = '', key = ''] = process.argv.slice(2);
const startedAtMs = Date.parse(`${session}T22:00:00Z`) - Date.now();
const clock: Clock = { now: () => startedAtMs + Date.now() };
const pipeline = await createPipeline({
  clock,
  config: {
    options: {
      database: { url },
      import: { source: 'screener', dir },
      http: { port: 0, apiKeys: [key], rateLimitPerMinute: 0 },
    },
  },
});
const server = await createServer(pipeline);
process.stdout.write(`${await listen(server, pipeline.config.http)}\n`);
await new Promise((resolve) => process.stdin.once('end', resolve).resume());
await server.close();
await pipeline.close();
