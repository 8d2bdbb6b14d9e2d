import { Migrator, sql, type Migration } from 'kysely';
import { PipelineError } from '../core/errors.js';
import { toDatabaseError } from './database-error.js';
import type { Database } from './database.js';
import { MIGRATIONS } from './migrations/index.js';

export interface MigrationStatus {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
}

/** @throws EOD_DB_NEWER when the database holds migrations that this build does not know */
export async function readMigrationStatus(database: Database): Promise<MigrationStatus> {
  const applied = await readApplied(database.db);
  const known = Object.keys(MIGRATIONS);
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new PipelineError(
      'EOD_DB_NEWER',
      `the database has migrations this build does not know: ${unknown.join(', ')}`,
      {
        hint: 'update tickstock-daily to the version that made them, or use another database',
        context: { unknown },
      },
    );
  }
  return { applied, pending: known.filter((name) => !applied.includes(name)) };
}

/**
 * Migrates the database to the schema of this build, in one transaction; concurrent migrations wait for each other.
 * @returns the names of the migrations applied now
 * @throws EOD_DB_SCHEMA, EOD_DB_NEWER, EOD_DB_UNAVAILABLE
 */
export async function migrate(database: Database): Promise<readonly string[]> {
  const { pending } = await readMigrationStatus(database);
  if (pending.length === 0) return [];
  const migrator = new Migrator({
    db: database.db,
    provider: { getMigrations: () => Promise.resolve(inPublic(MIGRATIONS)) },
    migrationTableSchema: 'pipeline',
    migrationTableName: 'migration',
    migrationLockTableName: 'migration_lock',
  });
  // The migrator returns failures in its result and never throws.
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error !== undefined) throw toDatabaseError(error);
  return results.filter((result) => result.status === 'Success').map((result) => result.migrationName);
}

/** Names without a schema mean the shared tables of TickStock, whatever the search path of the user or the database is. */
function inPublic(migrations: Readonly<Record<string, Migration>>): Record<string, Migration> {
  return Object.fromEntries(
    Object.entries(migrations).map(([name, migration]): [string, Migration] => [
      name,
      {
        up: async (db) => {
          await sql`set local search_path to public`.execute(db);
          await migration.up(db);
        },
      },
    ]),
  );
}

/** @throws EOD_DB_SCHEMA when migrations are pending, naming the command that applies them */
export async function assertMigrated(database: Database): Promise<void> {
  const { pending } = await readMigrationStatus(database);
  if (pending.length === 0) return;
  throw new PipelineError('EOD_DB_SCHEMA', `the database lacks ${pending.length} migrations: ${pending.join(', ')}`, {
    hint: 'run `tickstock db migrate`',
  });
}

async function readApplied(db: Database['db']): Promise<string[]> {
  try {
    const exists = await db
      .selectNoFrom(sql<boolean>`to_regclass('pipeline.migration') is not null`.as('found'))
      .executeTakeFirst();
    if (!exists?.found) return [];
    const applied = await db.selectFrom('pipeline.migration').select('name').orderBy('name').execute();
    return applied.map(({ name }) => name);
  } catch (error) {
    throw toDatabaseError(error);
  }
}
