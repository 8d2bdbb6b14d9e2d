import fc from 'fast-check';
import { runCleanups } from './at-end.js';

/**
 * Random markets and histories are the same in every run, so that a change of the code alone decides whether the suite passes. `PROPERTY_SEED`
 * chooses others; `random` chooses new ones, and a failure names its seed.
 */
const { PROPERTY_SEED: seed = '2026' } = process.env;
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) });

/** Mocha's root hooks: servers and folders that tests share are gone when the run has ended. */
export const mochaHooks = {
  afterAll: runCleanups,
};
