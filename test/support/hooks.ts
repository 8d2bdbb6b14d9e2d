import { stopTestServer } from './database.js';

/** Mocha's root hooks: whatever server the tests shared is gone when they are over. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    await stopTestServer();
  },
};
