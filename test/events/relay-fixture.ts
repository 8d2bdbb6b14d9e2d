import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { skipWithoutRedis, startRedis, type TestRedis } from '../support/redis.js';
import type { Relaying } from './relaying.js';

export const LONG_MS = 50_000;

/** What these tests have in common; registers its hooks. */
export function useRelay() {
  let test: TestDatabase;
  let redis: TestRedis;
  let relaying: Relaying | undefined;

  before(function () {
    skipWithoutRedis(this);
  });

  before(async () => {
    redis = await startRedis();
  });

  beforeEach(async () => {
    test = await createTestDatabase();
    await redis.connect().flushall();
  });

  afterEach(async () => {
    await relaying?.stop();
    relaying = undefined;
    await test.drop();
  });

  after(async () => {
    await redis?.stop();
  });
  return {
    get test() {
      return test;
    },
    get redis() {
      return redis;
    },
    get relaying() {
      return relaying;
    },
    set relaying(value: Relaying | undefined) {
      relaying = value;
    },
  };
}
