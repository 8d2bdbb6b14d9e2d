import { z } from 'zod';
import { toSeconds, type RunRecord } from '../../index.js';
import { count, instant, seconds } from '../bodies/fields.js';
import type { Routes } from '../route.js';

const PHASE = 'cache-sync';
const WEEK_MS = 7 * 86_400_000;
const MAX_RUNS = 1000;

const statsBody = z.object({
  universes: z.array(
    z.object({
      universe: z.string(),
      type: z.string().describe('market_cap, market_leader, sector, industry, theme, ipo, etf, complete, combo'),
      symbol_count: count,
      last_updated: instant.nullable().describe('when it was last computed, changed or not'),
    }),
  ),
  job_statistics: z.object({
    total_jobs_7d: count,
    successful_jobs_7d: count,
    failed_jobs_7d: count,
    avg_duration_seconds: seconds.describe('of the successful jobs; 0 when there are none'),
  }),
});

export const cacheSyncStats: Routes = (app, { pipeline, deadline, overviews }) => {
  app.get(
    '/api/processing/cache-sync/stats',
    {
      schema: {
        operationId: 'getCacheSyncStats',
        tags: ['cache sync'],
        summary: 'Sizes of universes, and statistics of the jobs of a week',
        response: { 200: statsBody },
      },
    },
    async () => {
      const since = new Date(pipeline.clock.now() - WEEK_MS);
      const [universes, week, newest] = await deadline.within(() =>
        Promise.all([
          overviews.get(),
          pipeline.history.runs({ limit: MAX_RUNS, since, phase: PHASE }),
          pipeline.history.runs({ limit: 20, phase: PHASE }),
        ]),
      );
      const lastUpdated = newest.runs.flatMap(endOfCacheSync)[0] ?? null;
      return {
        universes: universes.map((universe) => ({
          universe: universe.universe,
          type: universe.cacheType,
          symbol_count: universe.count,
          last_updated: lastUpdated,
        })),
        job_statistics: toStatistics(week.runs),
      };
    },
  );
};

/** When the cache sync of a run was completed; an empty list when it was not. */
function endOfCacheSync(run: RunRecord): string[] {
  const phase = run.phases.find((each) => each.phase === PHASE);
  return phase?.status.startsWith('completed') && phase.finishedAt !== null ? [phase.finishedAt] : [];
}

function toStatistics(runs: readonly RunRecord[]) {
  const successful = runs.filter(({ status }) => status.startsWith('completed'));
  const failed = runs.filter(({ status }) => ['failed', 'cancelled', 'interrupted'].includes(status));
  const durationMs = successful.reduce((total, run) => total + (run.durationMs ?? 0), 0);
  return {
    total_jobs_7d: runs.length,
    successful_jobs_7d: successful.length,
    failed_jobs_7d: failed.length,
    avg_duration_seconds: successful.length === 0 ? 0 : toSeconds(durationMs / successful.length),
  };
}
