/**
 * One answer for everybody who asks within a while: a question is under way at most once, and its answer stands for `ttlMs`.
 *
 * Edges: a failure is everybody's who waited for it, and is forgotten: the next caller asks again.
 */
export class SingleFlight<Value> {
  private pending: Promise<Value> | undefined;
  private latest: { readonly value: Value; readonly untilMs: number } | undefined;

  constructor(
    private readonly ask: () => Promise<Value>,
    private readonly ttlMs: number,
  ) {}

  get(): Promise<Value> {
    if (this.latest && performance.now() < this.latest.untilMs) return Promise.resolve(this.latest.value);
    this.pending ??= this.ask()
      .then((value) => {
        this.latest = { value, untilMs: performance.now() + this.ttlMs };
        return value;
      })
      .finally(() => (this.pending = undefined));
    return this.pending;
  }

  /** What was asked no longer holds: the next caller asks again. */
  forget(): void {
    this.latest = undefined;
  }
}
