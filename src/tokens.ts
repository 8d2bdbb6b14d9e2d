import type { InjectionToken } from 'tsyringe';
import type { Clock } from './core/clock.js';
import type { TradingCalendar } from './core/calendar.js';
import type { Logger } from './core/logger.js';
import type { Config } from './config/schema/index.js';
import type { Database } from './db/database.js';
import type { Pipeline } from './orchestrator/pipeline.js';

/**
 * What a phase may inject; `registerTickstock` adds `pipeline` to a host's container. Every constructor parameter names its token, because
 * the build emits no type metadata.
 */
export const TOKENS = {
  database: Symbol('Database') as InjectionToken<Database>,
  config: Symbol('Config') as InjectionToken<Config>,
  calendar: Symbol('TradingCalendar') as InjectionToken<TradingCalendar>,
  clock: Symbol('Clock') as InjectionToken<Clock>,
  logger: Symbol('Logger') as InjectionToken<Logger>,
  pipeline: Symbol('Pipeline') as InjectionToken<Pipeline>,
} as const;
