/** One statement about a unit that its contract makes. Any test runner can run it: `for (const { name, run } of checks) it(name, run)`. */
export interface Check {
  readonly name: string;
  /** @throws AssertionError of node:assert when it does not hold */
  readonly run: () => Promise<void>;
}
