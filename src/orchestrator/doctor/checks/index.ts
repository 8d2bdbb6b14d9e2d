import type { Check } from '../check.js';
import { barsOnClosedDays } from './bars-on-closed-days.js';
import { calendarHorizon } from './calendar-horizon.js';
import { clock } from './clock.js';
import { diskSpace } from './disk-space.js';
import { events } from './events.js';
import { lease } from './lease.js';
import { memberships } from './memberships.js';
import { notifications } from './notifications.js';
import { privileges } from './privileges.js';
import { projection } from './projection.js';
import { redis } from './redis.js';
import { schema } from './schema.js';
import { server } from './server.js';
import { sessions } from './sessions.js';
import { statistics } from './statistics.js';

/** Every check, one line each, the surroundings first; the file is named after its id. */
export const CHECKS: readonly Check[] = [
  schema,
  server,
  privileges,
  clock,
  diskSpace,
  redis,
  calendarHorizon,
  lease,
  events,
  notifications,
  sessions,
  memberships,
  projection,
  barsOnClosedDays,
  statistics,
];
