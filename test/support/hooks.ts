import { stopTestServer } from './database.js';
import { removePackedProject } from './packed-project.js';

/** Mocha's root hooks: whatever server and project the tests shared is gone when they are over. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    await stopTestServer();
    await removePackedProject();
  },
};
