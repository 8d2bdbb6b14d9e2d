/** Half of what a request of a millisecond may wait for without being among the slow ones, and long enough to cost the work nothing. */
const TURN_MS = 5;

/** Lets timers, sockets and everybody who waits for them go first. */
export async function nextTurn(): Promise<void> {
  // Once is not enough: work that a socket has called continues in the same turn, before any other socket is served.
  for (let time = 0; time < 2; time += 1) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * The event loop's turn that a long piece of work is in: while it lasts, the process answers no request.
 *
 * Work that goes through thousands of things asks at its seams whether its turn is over, and then lets everybody else go first:
 * `if (turn.isOver) await turn.next();`. It looks at the time because the same number of rows takes ten times as long before they are
 * compiled.
 */
export class TimeSlice {
  private startedAtMs = performance.now();

  get isOver(): boolean {
    return performance.now() - this.startedAtMs >= TURN_MS;
  }

  async next(): Promise<void> {
    await nextTurn();
    this.startedAtMs = performance.now();
  }
}
