import { finished } from 'node:stream/promises';
import type { Duplex } from 'node:stream';
import type { PoolClient } from 'pg';

/** A connection for the length of one transaction. */
export interface TransactionClient {
  /** For the work of the transaction: every statement is tracked, and refused after the end. */
  readonly client: PoolClient;
  /** Waits for every started statement. @throws the failure of a statement that was not awaited */
  settle(): Promise<void>;
  /** Refuses further statements, ends streams, calls `cancel` for the running statement, and waits until nothing is running. */
  abort(cancel: () => Promise<void>): Promise<void>;
}

const CANCEL_REPEAT_MS = 200;

/**
 * Binds statements to their transaction. A statement that is not awaited would otherwise run after the rollback, on a connection outside
 * any transaction: a COPY would commit by itself.
 */
export function toTransactionClient(connection: PoolClient): TransactionClient {
  const underWay = new Set<Promise<unknown>>();
  const streams = new Set<Duplex>();
  let hasEnded = false;
  const track = (work: Promise<unknown>, onEnd: () => void = () => undefined): void => {
    const tracked = work.finally(() => {
      underWay.delete(tracked);
      onEnd();
    });
    tracked.catch(() => undefined);
    underWay.add(tracked);
  };
  const query = (...parameters: unknown[]): unknown => {
    const isStream = typeof (parameters[0] as { submit?: unknown } | undefined)?.submit === 'function';
    if (hasEnded) {
      const error = new Error('a statement was sent over a transaction that has ended');
      if (isStream) throw error;
      return Promise.reject(error);
    }
    const result = (connection.query as (...all: unknown[]) => unknown).apply(connection, parameters);
    if (result instanceof Promise) track(result);
    else if (isStream) {
      const stream = result as Duplex;
      streams.add(stream);
      track(finished(stream), () => streams.delete(stream));
    }
    return result;
  };
  const client = Object.create(connection, { query: { value: query } }) as PoolClient;
  return {
    client,
    settle: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
      hasEnded = true;
    },
    abort: async (cancel) => {
      hasEnded = true;
      for (const stream of streams) stream.destroy(new Error('the transaction has failed'));
      if (underWay.size === 0) return;
      // One cancel may arrive between two statements and have no effect.
      let cancelling = cancel();
      const repeat = setInterval(() => {
        cancelling = cancel();
      }, CANCEL_REPEAT_MS);
      while (underWay.size > 0) await Promise.allSettled(underWay);
      clearInterval(repeat);
      await cancelling;
    },
  };
}
