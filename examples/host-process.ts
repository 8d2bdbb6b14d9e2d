/** A host with a pool, a Redis client and a phase of its own: `DATABASE_URL=… REDIS_URL=… npx tsx examples/host-process.ts [SESSION]` */
import { Redis } from 'ioredis';
import pg from 'pg';
import { createPipeline, parseSessionDate, toPipelineError } from 'tickstock-daily';
import { PatternDetection } from './pattern-detection.js';

const { DATABASE_URL, REDIS_URL = 'redis://localhost:6379' } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL });
const redis = new Redis(REDIS_URL);

const pipeline = await createPipeline({
  database: pool,
  redis,
  phases: [new PatternDetection(pool)],
  config: { options: { import: { source: 'existing' } } }, // the host has written symbols and ohlcv_daily itself
  listeners: [
    (event) => {
      if (event.type === 'phase-finished') console.log(`${event.phaseId}: ${event.summary}`);
    },
  ],
});
const [, , session] = process.argv;
const { status, error } = await pipeline
  .run(session === undefined ? {} : { session: parseSessionDate(session) })
  .catch((refusal: unknown) => ({ status: 'refused', error: toPipelineError(refusal) })); // before it began, such as a session without bars
console.log(error ? `${status}: ${error.message}` : status);
process.exitCode = error ? 1 : 0;

await pipeline.close(); // closes what the pipeline opened; the pool and the client stay open
await pool.end();
await redis.quit();
