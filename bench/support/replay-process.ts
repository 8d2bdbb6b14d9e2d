import { performance } from 'node:perf_hooks';
import { createPipeline } from '../../src/container.js';
import { parseSessionDate } from '../../src/core/session.js';

/** Measurements of one replay: `node replay-process.js URL FROM` prints this as JSON. */
export interface ReplayOutcome {
  /** Of the whole run, from its start to its end. */
  readonly durationMs: number;
  readonly sessions: number;
  /** Memberships superseded, and those added. */
  readonly corrected: number;
  /** Rows of `cache_entries` written. */
  readonly written: number;
  readonly membershipHash: string;
  /** Highest resident memory of this process, in MB of 10^6 bytes. */
  readonly peakMemoryMb: number;
}

/** Recomputes the published sessions from one on as a backfill does, in a process of its own. */
async function replay(url: string, day: string): Promise<ReplayOutcome> {
  const pipeline = await createPipeline({
    config: { options: { database: { url }, import: { source: 'existing' } } },
    schema: 'require',
  });
  try {
    const startedAt = performance.now();
    const { sessions, error } = await pipeline.backfill({ from: parseSessionDate(day), indicators: 'none' });
    const durationMs = performance.now() - startedAt;
    const report = sessions[0]?.run?.phases[0]?.report;
    if (error || report === undefined) throw error ?? new Error(`nothing of ${day} was recomputed`);
    return {
      durationMs,
      sessions: report.counters['sessions'] ?? 0,
      corrected: report.counters['corrected'] ?? 0,
      written: report.counters['rowsWritten'] ?? 0,
      membershipHash: report.hashes?.['membership'] ?? '',
      peakMemoryMb: (process.resourceUsage().maxRSS * 1024) / 1e6,
    };
  } finally {
    await pipeline.close();
  }
}

const [url = '', from = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await replay(url, from)));
