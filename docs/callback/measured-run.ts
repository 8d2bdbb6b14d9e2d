import 'reflect-metadata';
import pg from 'pg';
import { createPipeline, parseSessionDate } from '../../src/index.js';

/** Measurements of one process: `node measured-run.js URL REDIS SCREENER-FOLDER SESSION PHASE` prints this as JSON. */
export interface MeasuredRun {
  /** Of the phase, from the result of the run. */
  readonly durationMs: number;
  /** Highest resident memory of this process, in MB of 10^6 bytes. */
  readonly peakMemoryMb: number;
  /** Statements sent to the database from the start of the run to the delivery of its last event, including begin and commit. */
  readonly statements: number;
  /** Written to the outbox. */
  readonly events: number;
  /** Memberships that began or ended. */
  readonly changes: number;
  readonly summary: string;
}

/** Runs one phase and delivers its events, as an embedding process does. */
async function runPhase(url: string, redisUrl: string, dir: string, day: string, phase: string): Promise<MeasuredRun> {
  const pool = new pg.Pool({ connectionString: url, max: 6 });
  let statements = 0;
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
    Object.assign(client, { query: (...parameters: unknown[]) => ((statements += 1), query(...parameters)) });
  });
  const pipeline = await createPipeline({
    database: pool,
    config: { options: { import: { source: 'screener', dir }, redis: { url: redisUrl } } },
  });
  statements = 0;
  const { runId, phases, error } = await pipeline.run({ session: parseSessionDate(day), phases: [phase] });
  await pipeline.close();
  const sent = statements;
  const { rows } = await pool.query<{ events: number }>(
    'select count(*)::int as events from pipeline.outbox where run_id = $1',
    [runId],
  );
  await pool.end();
  const [result] = phases;
  if (error || !result?.report) throw error ?? new Error(`${phase} did not run`);
  const { added = 0, removed = 0 } = result.report.counters;
  return {
    durationMs: result.durationMs,
    peakMemoryMb: (process.resourceUsage().maxRSS * 1024) / 1e6,
    statements: sent,
    events: rows[0]?.events ?? 0,
    changes: added + removed,
    summary: result.report.summary,
  };
}

const [url = '', redis = '', dir = '', session = '', phase = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await runPhase(url, redis, dir, session, phase)));
