interface Flight<Value> {
  readonly answer: Promise<Value>;
  readonly sinceMs: number;
}

/** Whoever asks after that asks anew: what has not been answered by then may never be. */
const PATIENCE_MS = 5000;

/**
 * One answer for everybody who asks within a while: a question is under way at most once, and its answer stands for `ttlMs`.
 *
 * Edges: a failure is everybody's who waited for it, and is forgotten: the next caller asks again.
 */
export class SingleFlight<Value> {
  private pending: Flight<Value> | undefined;
  private latest: { readonly value: Value; readonly untilMs: number } | undefined;

  constructor(
    private readonly ask: () => Promise<Value>,
    private readonly ttlMs: number,
  ) {}

  get(): Promise<Value> {
    const nowMs = performance.now();
    if (this.latest && nowMs < this.latest.untilMs) return Promise.resolve(this.latest.value);
    if (this.pending && nowMs < this.pending.sinceMs + PATIENCE_MS) return this.pending.answer;
    const flight: Flight<Value> = { answer: this.fly(() => this.pending === flight), sinceMs: nowMs };
    this.pending = flight;
    return flight.answer;
  }

  /** What was asked no longer holds, also where the answer is still to come: the next caller asks again. */
  forget(): void {
    this.latest = undefined;
    this.pending = undefined;
  }

  /** @param isAwaited false when somebody has asked anew meanwhile: a late answer must not replace a newer one */
  private async fly(isAwaited: () => boolean): Promise<Value> {
    try {
      const value = await this.ask();
      if (isAwaited()) this.latest = { value, untilMs: performance.now() + this.ttlMs };
      return value;
    } finally {
      if (isAwaited()) this.pending = undefined;
    }
  }
}
