import 'reflect-metadata';
import type { Pool } from 'pg';
import { container as rootContainer } from 'tsyringe';
import { PHASES } from '../phases/index.js';
import { loadConfig, type ConfigSources, type LoadedConfig } from './config/load.js';
import { maskPassword } from './config/mask.js';
import type { Config } from './config/schema.js';
import { TradingCalendar } from './core/calendar.js';
import { systemClock, type Clock } from './core/clock.js';
import { Database } from './db/database.js';
import { startEmbeddedServer } from './db/embedded/server.js';
import { assertMigrated, migrate } from './db/migrate.js';
import { Pipeline, type DataPlace } from './orchestrator/pipeline.js';
import { Orchestrator } from './orchestrator/run.js';
import { ProgressTracker } from './progress/tracker.js';
import { TOKENS } from './tokens.js';
import { VERSION } from './core/version.js';

export interface PipelineOptions {
  /** Configuration already loaded, or where to load it from. Nothing is read from the environment unless it is passed here. */
  readonly config?: LoadedConfig | ConfigSources;
  /** A host's pool; it is used and never closed. */
  readonly database?: Pool;
  readonly clock?: Clock;
  /** `auto` brings the schema up to date, `require` refuses one that is not, `leave` does not look. Default: as configured. */
  readonly schema?: 'auto' | 'require' | 'leave';
  readonly signal?: AbortSignal;
}

/**
 * Assembles a pipeline: configuration, database, phases, tracker, in a container of its own. No globals, no signal handlers.
 * @throws EOD_CONFIG_INVALID, EOD_EMBEDDED, EOD_DB_UNAVAILABLE, EOD_DB_SCHEMA, EOD_DB_NEWER
 */
export async function createPipeline(options: PipelineOptions = {}): Promise<Pipeline> {
  const loaded = isLoaded(options.config) ? options.config : loadConfig(options.config ?? {});
  const clock = options.clock ?? systemClock;
  const { database, place, dispose } = await openDatabase(loaded.config, options);
  try {
    const schema = options.schema ?? (loaded.config.database.autoMigrate ? 'auto' : 'require');
    if (schema === 'auto' || (schema === 'require' && place.kind === 'embedded')) await migrate(database);
    else if (schema === 'require') await assertMigrated(database);
    const config = selectSource(loaded.config, place);
    const calendar = new TradingCalendar(config.calendar.overrides);
    const tracker = new ProgressTracker(clock);
    const container = rootContainer.createChildContainer();
    container.registerInstance(TOKENS.database, database);
    container.registerInstance(TOKENS.config, config);
    container.registerInstance(TOKENS.calendar, calendar);
    container.registerInstance(TOKENS.clock, clock);
    const phases = PHASES.map((phase) => container.resolve(phase));
    const orchestrator = new Orchestrator({
      phases,
      database,
      tracker,
      clock,
      concurrency: config.run.concurrency,
      configHash: loaded.hash,
      codeVersion: VERSION,
    });
    return new Pipeline({ database, orchestrator, phases, calendar, tracker, clock, place, dispose });
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function openDatabase(
  config: Config,
  options: PipelineOptions,
): Promise<{ database: Database; place: DataPlace; dispose: () => Promise<void> }> {
  if (options.database) {
    const place: DataPlace = { kind: 'host', place: "the host's database", url: null };
    return { database: Database.adopt(options.database), place, dispose: () => Promise.resolve() };
  }
  const { url, dataDir, poolSize, connectTimeoutMs } = config.database;
  if (url !== undefined) {
    const database = Database.connect({ url, poolSize, connectTimeoutMs });
    const shown = maskPassword(url);
    return { database, place: { kind: 'server', place: shown, url: shown }, dispose: () => database.close() };
  }
  const server = await startEmbeddedServer({ dataDir, ...(options.signal && { signal: options.signal }) });
  const database = Database.connect({ url: server.url, poolSize, connectTimeoutMs });
  const dispose = async (): Promise<void> => {
    await database.close();
    await server.stop();
  };
  return { database, place: { kind: 'embedded', place: server.dataDir, url: server.url }, dispose };
}

/** Invented data only ever goes into the product's own server: a database that somebody brought has bars of its own. */
function selectSource(config: Config, place: DataPlace): Config {
  if (config.import.source !== 'auto') return config;
  const onOwnServer = place.kind === 'embedded' ? 'sample' : 'existing';
  const source = config.import.dir === undefined ? onOwnServer : 'screener';
  return { ...config, import: { ...config.import, source } };
}

function isLoaded(config: PipelineOptions['config']): config is LoadedConfig {
  return config !== undefined && 'explain' in config;
}
