import 'reflect-metadata';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Pool } from 'pg';
import type { Redis } from 'ioredis';
import { container as rootContainer, type DependencyContainer, type InjectionToken } from 'tsyringe';
import { PHASES } from '../phases/index.js';
import { assertExtensions, registerExtensions, type Extensions } from './extensions.js';
import { loadConfig, type ConfigSources, type LoadedConfig } from './config/load.js';
import type { Config } from './config/schema/index.js';
import { TradingCalendar } from './core/calendar.js';
import { systemClock, type Clock } from './core/clock.js';
import { PipelineError } from './core/errors.js';
import { silentLogger, type Logger } from './core/logger.js';
import type { Phase } from './core/phase.js';
import { VERSION } from './core/version.js';
import type { Database } from './db/database.js';
import type { LeaseTimes } from './db/lease.js';
import { DatabaseClock } from './db/database-clock.js';
import { hasSampleMarket } from './db/has-sample-market.js';
import { assertMigrated, migrate } from './db/migrate.js';
import type { RedisLink } from './events/redis.js';
import { EventRelay } from './events/relay.js';
import { createChannels } from './notify/channels/index.js';
import { Notifier } from './notify/notifier.js';
import { createLoadJobs } from './orchestrator/load-jobs/load-jobs.js';
import type { DataStorage } from './orchestrator/pipeline-parts.js';
import { Pipeline } from './orchestrator/pipeline.js';
import { assertPhases } from './orchestrator/run/plan.js';
import { Orchestrator } from './orchestrator/run/run.js';
import { refreshCalendar } from './orchestrator/schedule/announced-days.js';
import type { SchedulePolicy } from './orchestrator/schedule/policy.js';
import { Scheduler } from './orchestrator/schedule/scheduler.js';
import { openDatabase } from './open-database.js';
import { ProgressTracker, type ProgressSubscriber } from './progress/tracker.js';
import { TOKENS } from './tokens.js';

/**
 * A phase of a host: an instance, or a class or token that is resolved from a child of the host's container, in which `TOKENS` are
 * registered too.
 */
export type HostPhase = Phase | InjectionToken<Phase>;

export interface PipelineOptions extends Extensions {
  /** A loaded configuration, or where to load it from. The environment is read only if it is passed here. */
  readonly config?: LoadedConfig | ConfigSources | undefined;
  /** A host's pool with at least four connections; used and never closed. */
  readonly database?: Pool | undefined;
  /** A host's client; used and never closed. Default: a connection to `redis.url`, if set. */
  readonly redis?: Redis | undefined;
  /** Additional phases, ordered by their ordinal. */
  readonly phases?: readonly HostPhase[] | undefined;
  /** Called for every progress event from the first on, like a subscriber of `pipeline.tracker`. */
  readonly listeners?: readonly ProgressSubscriber[] | undefined;
  /** pino, or anything with its `info`, `warn` and `error`. Default: nothing is logged. */
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
  /** Container from which host phases are resolved. Nothing is registered in it. */
  readonly container?: DependencyContainer | undefined;
  /**
   * `auto` migrates, `require` refuses a schema that is out of date and creates no embedded database, `examine` creates none and skips the check,
   * `leave` skips the check. Default: `database.autoMigrate`.
   */
  readonly schema?: 'auto' | 'require' | 'examine' | 'leave' | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Assembles a pipeline (configuration, database, Redis, phases, tracker) in a container of its own. No globals, no signal handlers.
 * @throws EOD_CONFIG_INVALID, EOD_EMBEDDED, EOD_DB_MISSING, EOD_DB_UNAVAILABLE, EOD_DB_SCHEMA, EOD_DB_NEWER
 */
export async function createPipeline(options: PipelineOptions = {}): Promise<Pipeline> {
  assertExtensions(options);
  const loaded = isLoaded(options.config) ? options.config : loadConfig(options.config ?? {});
  const mustExist = options.schema === 'require' || options.schema === 'examine';
  const { database, storage, dispose } = await openDatabase(loaded.config, { ...options, mustExist });
  try {
    const schema = options.schema ?? (loaded.config.database.autoMigrate ? 'auto' : 'require');
    await prepareSchema(database, storage, schema);
    const config = await selectSource(loaded.config, storage, database);
    const calendar = new TradingCalendar(config.calendar.overrides);
    const refreshed = refreshCalendar(database, calendar);
    // A schema that is left as it is may not have the table.
    await (schema === 'auto' || schema === 'require' ? refreshed : refreshed.catch(() => undefined));
    return await assemble(database, storage, config, { ...options, calendar, configHash: loaded.hash, dispose });
  } catch (error) {
    await dispose();
    throw error;
  }
}

/**
 * Registers a pipeline as `TOKENS.pipeline` in a host's tsyringe container; the host's phases are resolved from that container. The host
 * closes the pipeline.
 * @throws as `createPipeline`
 */
export async function registerTickstock(
  container: DependencyContainer,
  options: Omit<PipelineOptions, 'container'> = {},
): Promise<Pipeline> {
  const pipeline = await createPipeline({ ...options, container });
  container.registerInstance(TOKENS.pipeline, pipeline);
  return pipeline;
}

async function assemble(
  database: Database,
  storage: DataStorage,
  given: Config,
  options: PipelineOptions & {
    readonly calendar: TradingCalendar;
    readonly configHash: string;
    readonly dispose: () => Promise<void>;
  },
): Promise<Pipeline> {
  const { logger = silentLogger, calendar, configHash, dispose } = options;
  const followsDatabase = options.clock === undefined && given.database.clock === 'database';
  const databaseClock = followsDatabase ? await DatabaseClock.open(database, logger) : undefined;
  const clock = options.clock ?? databaseClock ?? systemClock;
  const tracker = new ProgressTracker(clock);
  for (const listener of options.listeners ?? []) tracker.subscribe(listener);
  const phases = buildPhases(options, (container) => {
    container.registerInstance(TOKENS.database, database);
    container.registerInstance(TOKENS.config, given);
    container.registerInstance(TOKENS.calendar, calendar);
    container.registerInstance(TOKENS.clock, clock);
    container.registerInstance(TOKENS.logger, logger);
    registerExtensions(container, options);
  });
  assertPhases(phases);
  const config = resolveTriggerTime(given, phases);
  const redis = await openRedis(config, options.redis);
  const { streamMaxLength } = config.redis;
  const relay = redis && new EventRelay({ database, redis, clock, logger, streamMaxLength });
  const orchestrator = new Orchestrator({
    phases,
    database,
    tracker,
    clock,
    logger,
    ...(relay && { sink: relay }),
    ...toRunSettings(config),
    configHash,
    input: [config.import.source, ...(config.import.dir === undefined ? [] : [resolve(config.import.dir)])].join(' '),
  });
  const notifier = new Notifier({
    database,
    clock,
    logger,
    channels: createChannels(config.notify),
    causes: config.notify.on,
    oldSessions: config.notify.oldSessions,
  });
  const refresh = async (): Promise<void> => {
    await databaseClock?.synchronise();
    await refreshCalendar(database, calendar);
  };
  const scheduler = new Scheduler({
    database,
    calendar,
    clock,
    defaults: config.schedule,
    policy: toSchedulePolicy(config),
    ...(relay && { sink: relay }),
    phases: phases.map((phase) => phase.id),
    trigger: (request) => pipeline.start(request),
    // A run that is under way keeps the calendar with which it began.
    refresh: async () => (pipeline.current() === null ? refresh() : undefined),
    logger,
  });
  const loadJobs =
    redis && options.redis === undefined
      ? createLoadJobs(config.redis, redis, { database, calendar, clock, logger })
      : null;
  const pipeline: Pipeline = new Pipeline({
    database,
    orchestrator,
    phases,
    calendar,
    tracker,
    clock,
    processClock: options.clock ?? systemClock,
    refresh,
    storage,
    config,
    logger,
    relay,
    loadJobs,
    notifier,
    scheduler,
    lease: toLeaseTimes(config),
    dispose: async () => {
      try {
        for (const phase of phases) await phase.close?.();
      } finally {
        await redis?.close();
        await dispose();
      }
    },
  });
  return pipeline;
}

function toRunSettings({ run, redis, retention }: Config) {
  return {
    concurrency: run.concurrency,
    phaseTimeoutMs: run.phaseTimeoutMinutes * 60_000,
    retryMs: run.retrySeconds * 1000,
    retention: { eventsDays: redis.keepDays, rejectedRowsDays: retention.rejectedRowsDays },
    lease: toLeaseTimes({ run }),
    codeVersion: VERSION,
  };
}

/** @throws EOD_CONFIG_INVALID when the schedule follows a source that names no time */
function resolveTriggerTime(config: Config, phases: readonly Phase[]): Config {
  if (config.schedule.triggerTime !== 'source') return config;
  const triggerTime = phases.find((phase) => phase.publishesAt !== undefined)?.publishesAt;
  if (triggerTime === undefined) {
    throw new PipelineError(
      'EOD_CONFIG_INVALID',
      'schedule.triggerTime is source, and the import source names no time',
      {
        hint: 'give a time of day in New York: schedule.triggerTime: "20:20"',
      },
    );
  }
  return Object.freeze({ ...config, schedule: Object.freeze({ ...config.schedule, triggerTime }) });
}

function toSchedulePolicy({ schedule }: Config): SchedulePolicy {
  const { waitMinutes, lateMinutes, catchUp, catchUpSessions } = schedule;
  return { waitMs: waitMinutes * 60_000, lateMs: lateMinutes * 60_000, catchUp, catchUpSessions };
}

function toLeaseTimes({ run }: Pick<Config, 'run'>): LeaseTimes {
  return { heartbeatMs: run.leaseHeartbeatSeconds * 1000, expiryMs: run.leaseSeconds * 1000 };
}

/**
 * The shipped phases, then those of the host. Each group is resolved from its own child container: a host may use another copy of tsyringe,
 * which does not know the classes decorated here.
 * @throws EOD_CONFIG_INVALID when a phase of the host cannot be built
 */
function buildPhases(
  { container = rootContainer, phases = [] }: PipelineOptions,
  provide: (container: DependencyContainer) => void,
): Phase[] {
  const [own, hosts] = [rootContainer.createChildContainer(), container.createChildContainer()];
  provide(own);
  provide(hosts);
  return [
    ...PHASES.map((phase) => own.resolve(phase)),
    ...phases.map((phase) => (isPhase(phase) ? phase : buildHostPhase(hosts, phase))),
  ];
}

function buildHostPhase(container: DependencyContainer, token: InjectionToken<Phase>): Phase {
  try {
    return container.resolve(token);
  } catch (cause) {
    // The error of the container names the class and the missing dependency.
    throw new PipelineError('EOD_CONFIG_INVALID', `a phase cannot be built: ${(cause as Error).message}`, {
      hint: 'register it in the container passed as `container`, or pass an instance in `phases`',
      cause,
    });
  }
}

/** Null when Redis is not configured. The client is then not loaded, which saves a sixth of the start time of a command. */
async function openRedis(
  { redis: { url, commandTimeoutMs } }: Config,
  client: Redis | undefined,
): Promise<RedisLink | null> {
  if (client === undefined && url === undefined) return null;
  const { adoptRedis, connectRedis } = await import('./events/redis.js');
  return client ? adoptRedis(client, { commandTimeoutMs }) : connectRedis(url ?? '', { commandTimeoutMs });
}

async function prepareSchema(
  database: Database,
  storage: DataStorage,
  schema: NonNullable<PipelineOptions['schema']>,
): Promise<void> {
  if (schema === 'auto' || (schema === 'require' && storage.kind === 'embedded')) await migrate(database);
  else if (schema === 'require') await assertMigrated(database);
}

function isPhase(phase: HostPhase): phase is Phase {
  return typeof phase === 'object' && 'run' in phase;
}

/** Bars are never invented: the sample market continues only where `tickstock start`, or a source that was named, began it. */
async function selectSource(config: Config, { kind }: DataStorage, database: Database): Promise<Config> {
  if (config.import.source !== 'auto') return config;
  const onOwnServer = kind === 'embedded' && (await hasSampleMarket(database)) ? 'sample' : 'existing';
  const { dir, csv } = config.import;
  const isFile = dir !== undefined && (await stat(dir).catch(() => undefined))?.isFile() === true;
  const fromFiles = csv.preset !== 'none' || isFile ? 'csv' : 'screener';
  const source = dir === undefined ? onOwnServer : fromFiles;
  return Object.freeze({ ...config, import: Object.freeze({ ...config.import, source }) });
}

function isLoaded(config: PipelineOptions['config']): config is LoadedConfig {
  return config !== undefined && 'explain' in config;
}
