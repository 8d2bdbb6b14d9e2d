import { randomUUID } from 'node:crypto';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Pool, PoolClient, QueryResult } from 'pg';
import { PipelineError } from '../core/errors.js';
import { toDatabaseError } from './database-error.js';
import type { Tables } from './tables.js';
import { toTransactionClient } from './transaction-client.js';
import { ignoreBreak } from './ignore-break.js';

const CANCEL_REPEAT_MS = 200;
const APPLICATION = 'tickstock-daily';

/** One transaction: its statements and COPY streams use this connection. */
export interface Transaction {
  readonly client: PoolClient;
}

/** What the statements of a transaction see. */
export interface Reading {
  /** Default: what was committed before each statement. With this, all statements see the same rows. */
  readonly isolation?: 'repeatable read';
  /** A snapshot that another transaction exported. */
  readonly snapshot?: string;
}

/** Access to the database: queries, transactions that a signal can cancel, single connections. */
export class Database {
  readonly db: Kysely<Tables>;
  /** Distinguishes this pipeline from every other, those of this process included. */
  readonly instance = randomUUID();

  private constructor(
    readonly pool: Pool,
    private readonly ownsPool: boolean,
  ) {
    const guarded = { connect: () => connectGuarded(pool), end: () => pool.end() };
    this.db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: guarded }) });
  }

  /** Opens an own pool. No connection is made before the first query. */
  static connect(options: { url: string; poolSize: number; connectTimeoutMs: number }): Database {
    const pool = new pg.Pool({
      connectionString: options.url,
      max: options.poolSize,
      connectionTimeoutMillis: options.connectTimeoutMs,
      application_name: APPLICATION,
      // A peer that disappears silently would hold its connection for hours.
      keepAlive: true,
    });
    // The pool drops an idle connection that breaks; the next query reports the problem where it matters.
    pool.on('error', () => undefined);
    // A connection may break in the answer that opens it, before its user can listen.
    pool.on('connect', (client) => client.on('error', ignoreBreak));
    return new Database(pool, true);
  }

  /** Uses a host's pool and never closes it. */
  static adopt(pool: Pool): Database {
    return new Database(pool, false);
  }

  /**
   * Runs `work` in one transaction. When `signal` fires, the running statement is cancelled on the server and everything rolls back. The
   * transaction ends after every statement that was started in it, awaited or not; later statements are refused.
   * @throws EOD_CANCELLED, a PipelineError that `work` throws, or any other error as `toDatabaseError` converts it
   */
  async transaction<Result>(
    work: (transaction: Transaction) => Promise<Result>,
    signal?: AbortSignal,
    reading?: Reading,
  ): Promise<Result> {
    if (signal?.aborted) throw cancelled(signal.reason);
    const connection = await this.connectClient();
    const transaction = toTransactionClient(connection);
    let broken: Error | undefined;
    const onError = (error: Error): void => {
      broken = error;
    };
    connection.on('error', onError);
    let stopCancelling = (): void => undefined;
    let backend = 0;
    try {
      backend = await this.begin(connection, reading);
      stopCancelling = this.cancelOnAbort(backend, signal);
      const result = await work({ client: transaction.client });
      await transaction.settle();
      signal?.throwIfAborted();
      const { command } = await connection.query('commit');
      // The server's answer when an earlier statement failed and `work` swallowed its error.
      if (command !== 'COMMIT') throw new Error('the transaction had failed before its end, and nothing of it is kept');
      return result;
    } catch (error) {
      await transaction.abort(() => this.cancelStatement(backend).catch(() => undefined));
      stopCancelling();
      await rollBack(connection).catch((rollbackError: Error) => (broken ??= rollbackError));
      if (signal?.aborted) throw cancelled(error);
      throw toDatabaseError(broken ?? error, error);
    } finally {
      stopCancelling();
      connection.off('error', onError);
      // A cancel that is still on its way would hit the next use of the connection.
      connection.release(broken ?? signal?.aborted);
    }
  }

  /**
   * A connection of the pool, for a lock held until it is released. It counts towards the size of the pool.
   * @throws EOD_DB_UNAVAILABLE
   */
  async connectClient(): Promise<PoolClient> {
    try {
      return await this.pool.connect();
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  /**
   * Opens connections that will be needed soon: 20-30 ms each, while the caller does other work. A failure is not reported here but by the
   * work that needs the connection.
   */
  async openAhead(count: number): Promise<void> {
    const opened = await Promise.allSettled(Array.from({ length: count }, () => this.pool.connect()));
    for (const connection of opened) if (connection.status === 'fulfilled') connection.value.release();
  }

  async close(): Promise<void> {
    if (this.ownsPool) await this.pool.end();
  }

  /** What the transactions of a pipeline are called in `pg_stat_activity`. */
  applicationName(instance: string): string {
    return `${APPLICATION} ${instance}`;
  }

  /**
   * Everything is set for the transaction only, because a pooler may give its connection to another client afterwards.
   * @returns the process of the server, which a pooler does not announce
   */
  private async begin(connection: PoolClient, { isolation, snapshot }: Reading = {}): Promise<number> {
    const results: unknown = await connection.query(
      [
        isolation ? `begin isolation level ${isolation}` : 'begin',
        ...(snapshot === undefined ? [] : [`set transaction snapshot ${pg.escapeLiteral(snapshot)}`]),
        // Sessions follow New York's calendar and instants are UTC; the settings of the server must have no effect.
        'set local timezone = utc',
        "set local datestyle = 'ISO, MDY'",
        `set local application_name = '${this.applicationName(this.instance)}'`,
        'select pg_backend_pid() as pid',
      ].join('; '),
    );
    return (results as QueryResult<{ pid: number }>[]).at(-1)?.rows[0]?.pid ?? 0;
  }

  /** A cancel that arrives between two statements has no effect, so it is repeated until the transaction ends. */
  private cancelOnAbort(backend: number, signal: AbortSignal | undefined): () => void {
    let timer: NodeJS.Timeout | undefined;
    const cancel = (): void => void this.cancelStatement(backend).catch(() => undefined);
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

  private async cancelStatement(backend: number): Promise<void> {
    await this.pool.query('select pg_cancel_backend($1)', [backend]);
  }
}

/** A cancel of the running statement may reach the rollback instead; the rollback is not sent twice. */
async function rollBack(connection: PoolClient): Promise<void> {
  await connection.query('rollback').catch((error: Error & { code?: string }) => {
    if (error.code !== QUERY_CANCELED) throw error;
    return connection.query('rollback');
  });
}

const QUERY_CANCELED = '57014';

/**
 * A connection as Kysely uses it. If it breaks during a query, it fails the query, which is enough, and emits an event, which would end the
 * process without a listener.
 */
async function connectGuarded(pool: Pool): Promise<PoolClient> {
  const client = await pool.connect();
  const release = client.release.bind(client);
  client.on('error', ignoreBreak);
  // The pool sets a new `release` on a connection each time it lends it.
  client.release = (error) => {
    client.off('error', ignoreBreak);
    release(error);
  };
  return client;
}

function cancelled(cause: unknown): PipelineError {
  return new PipelineError('EOD_CANCELLED', 'the run was cancelled', { cause });
}
