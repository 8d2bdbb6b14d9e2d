type Cleanup = () => Promise<void>;

/** On `globalThis`: mocha loads the root hooks as CommonJS and the tests as ES modules, so that this module exists twice. */
const shared = globalThis as typeof globalThis & { testCleanups?: Cleanup[] };

/** Runs `cleanup` when all tests of the run have ended. */
export function atEnd(cleanup: Cleanup): void {
  shared.testCleanups ??= [];
  shared.testCleanups.push(cleanup);
}

/** For the root hook: the newest first. */
export async function runCleanups(): Promise<void> {
  for (const cleanup of (shared.testCleanups ?? []).splice(0).toReversed()) await cleanup();
}
