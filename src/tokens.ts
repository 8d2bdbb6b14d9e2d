import type { InjectionToken } from 'tsyringe';
import type { Clock } from './core/clock.js';
import type { TradingCalendar } from './core/calendar.js';
import type { Config } from './config/schema.js';
import type { Database } from './db/database.js';

/** What a phase may ask for. Every constructor parameter names its token: the build emits no type metadata. */
export const TOKENS = {
  database: Symbol('Database') as InjectionToken<Database>,
  config: Symbol('Config') as InjectionToken<Config>,
  calendar: Symbol('TradingCalendar') as InjectionToken<TradingCalendar>,
  clock: Symbol('Clock') as InjectionToken<Clock>,
} as const;
