import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Pool, PoolClient } from 'pg';
import { PipelineError } from '../core/errors.js';
import { toDatabaseError } from './database-error.js';
import type { Tables } from './tables.js';
import { toTransactionClient } from './transaction-client.js';
import { ignoreBreak } from './ignore-break.js';

const CANCEL_REPEAT_MS = 200;

/** One transaction: its statements and COPY streams go over this connection. */
export interface Transaction {
  readonly client: PoolClient;
}

/** The product's way to its database: queries, transactions that a signal can stop, single connections. */
export class Database {
  readonly db: Kysely<Tables>;

  private constructor(
    readonly pool: Pool,
    private readonly ownsPool: boolean,
  ) {
    const guarded = { connect: () => connectGuarded(pool), end: () => pool.end() };
    this.db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: guarded }) });
  }

  /** Opens a pool of its own. No connection is made before the first query. */
  static connect(options: { url: string; poolSize: number; connectTimeoutMs: number }): Database {
    const pool = new pg.Pool({
      connectionString: options.url,
      max: options.poolSize,
      connectionTimeoutMillis: options.connectTimeoutMs,
      application_name: 'tickstock-daily',
      // A peer that vanishes without a word would hold its connection for hours.
      keepAlive: true,
      // A sync answers to New York's calendar and to UTC instants; the server's own zone must not show through.
      options: '-c timezone=UTC -c datestyle=ISO',
    });
    // An idle connection that breaks is dropped by the pool; the next query reports the trouble where it matters.
    pool.on('error', () => undefined);
    return new Database(pool, true);
  }

  /** Uses a host's pool, and never closes it. */
  static adopt(pool: Pool): Database {
    return new Database(pool, false);
  }

  /**
   * Runs `work` in one transaction. When `signal` fires, the statement under way is cancelled on the server and everything rolls back. It ends when
   * every statement has ended that the work started, also one that was not awaited; later ones are refused.
   * @throws EOD_CANCELLED, a PipelineError that `work` throws, or any other error as `toDatabaseError` has it
   */
  async transaction<Result>(
    work: (transaction: Transaction) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    if (signal?.aborted) throw cancelled(signal.reason);
    const connection = await this.connectClient();
    const transaction = toTransactionClient(connection);
    let broken: Error | undefined;
    const onError = (error: Error): void => {
      broken = error;
    };
    connection.on('error', onError);
    const stopCancelling = this.cancelOnAbort(connection, signal);
    try {
      await connection.query("begin; set local timezone = utc; set local datestyle = 'ISO, MDY'");
      const result = await work({ client: transaction.client });
      await transaction.settle();
      signal?.throwIfAborted();
      const { command } = await connection.query('commit');
      // The server answers so when a statement had failed before: what the work caught was more than it could undo.
      if (command !== 'COMMIT') throw new Error('the transaction had failed before its end, and nothing of it is kept');
      return result;
    } catch (error) {
      await transaction.abort(() => this.cancelStatement(connection).catch(() => undefined));
      stopCancelling();
      await rollBack(connection).catch((rollbackError: Error) => (broken ??= rollbackError));
      if (signal?.aborted) throw cancelled(error);
      throw toDatabaseError(broken ?? error, error);
    } finally {
      stopCancelling();
      connection.off('error', onError);
      // A cancel still on its way would hit whatever the connection is used for next.
      connection.release(broken ?? signal?.aborted);
    }
  }

  /**
   * One of the pool's connections, for a lock that lasts as long as it is held. It counts towards the pool's size until the caller releases it.
   * @throws EOD_DB_UNAVAILABLE
   */
  async connectClient(): Promise<PoolClient> {
    try {
      return await this.pool.connect();
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  async close(): Promise<void> {
    if (this.ownsPool) await this.pool.end();
  }

  /** A cancel that arrives between two statements stops neither, so it is repeated for as long as the transaction lasts. */
  private cancelOnAbort(client: PoolClient, signal: AbortSignal | undefined): () => void {
    let timer: NodeJS.Timeout | undefined;
    const cancel = (): void => void this.cancelStatement(client).catch(() => undefined);
    const start = (): void => {
      cancel();
      timer = setInterval(cancel, CANCEL_REPEAT_MS);
    };
    if (signal?.aborted) start();
    else signal?.addEventListener('abort', start, { once: true });
    return () => {
      signal?.removeEventListener('abort', start);
      clearInterval(timer);
    };
  }

  private async cancelStatement(client: PoolClient): Promise<void> {
    const { processID } = client as PoolClient & { processID?: number };
    await this.pool.query('select pg_cancel_backend($1)', [processID]);
  }
}

/** A cancel of what the transaction was at may reach the rollback instead; it is not sent twice. */
async function rollBack(connection: PoolClient): Promise<void> {
  await connection.query('rollback').catch((error: Error & { code?: string }) => {
    if (error.code !== QUERY_CANCELED) throw error;
    return connection.query('rollback');
  });
}

const QUERY_CANCELED = '57014';

/**
 * A connection as Kysely uses it. One that breaks while a query waits says so twice: to the query, which is enough, and as an event, which
 * without a listener would end the process.
 */
async function connectGuarded(pool: Pool): Promise<PoolClient> {
  const client = await pool.connect();
  const release = client.release.bind(client);
  client.on('error', ignoreBreak);
  // The pool gives a connection a new `release` each time that it lends it.
  client.release = (error) => {
    client.off('error', ignoreBreak);
    release(error);
  };
  return client;
}

function cancelled(cause: unknown): PipelineError {
  return new PipelineError('EOD_CANCELLED', 'the run was cancelled', { cause });
}
