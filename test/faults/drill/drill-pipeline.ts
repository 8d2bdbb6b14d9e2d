import { createPipeline } from '../../../src/container.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { LeaseTimes } from '../../../src/db/lease.js';
import type { Pipeline } from '../../../src/orchestrator/pipeline.js';
import { TUESDAY } from '../../support/market.js';

/** The session that every round runs, after the one before it was published. */
export const SESSION: SessionDate = TUESDAY;

/** All phases, on bars that are in the database already. */
export function openDrillPipeline(url: string, { heartbeatMs, expiryMs }: LeaseTimes): Promise<Pipeline> {
  return createPipeline({
    schema: 'leave',
    config: {
      options: {
        database: { url, poolSize: 4, connectTimeoutMs: 5000 },
        import: { source: 'existing' },
        run: { leaseHeartbeatSeconds: heartbeatMs / 1000, leaseSeconds: expiryMs / 1000, retrySeconds: 60 },
      },
    },
  });
}
