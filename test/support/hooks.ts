import { runCleanups } from './at-end.js';

/** Mocha's root hooks: servers and folders that tests share are gone when the run has ended. */
export const mochaHooks = {
  afterAll: runCleanups,
};
