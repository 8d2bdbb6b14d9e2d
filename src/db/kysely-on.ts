import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import type { StatementRunner } from '../core/phase.js';
import type { Tables } from './tables.js';

/**
 * Typed queries on one connection, such as that of a transaction, in the order they are started with its other statements.
 *
 * Edges: begins, commits and releases nothing: the caller owns the connection.
 */
export function kyselyOn(runner: StatementRunner): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new RunnerDriver(runner),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}

class RunnerDriver implements Driver {
  private readonly connection: DatabaseConnection;

  constructor(runner: StatementRunner) {
    this.connection = {
      executeQuery: async <Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> => {
        const result: { rows: unknown[]; rowCount?: number | null } = await runner.query(sql, [...parameters]);
        return { rows: result.rows as Row[], numAffectedRows: BigInt(result.rowCount ?? result.rows.length) };
      },
      streamQuery: () => {
        throw new Error('rows are read whole over the connection of a transaction');
      },
    };
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.connection;
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {}

  async beginTransaction(): Promise<void> {
    throw nested();
  }

  async commitTransaction(): Promise<void> {
    throw nested();
  }

  async rollbackTransaction(): Promise<void> {
    throw nested();
  }
}

function nested(): Error {
  return new Error('a transaction is begun with Database.transaction');
}
