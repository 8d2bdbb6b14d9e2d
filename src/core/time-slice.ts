/** Half of the latency that still counts as fast for a request of a millisecond, and long enough that yielding costs the work nothing measurable. */
const TURN_MS = 5;

/** Yields to timers, sockets and all other waiting work. */
export async function nextTurn(): Promise<void> {
  // One turn is not enough: work started by a socket continues in the same turn, before other sockets are served.
  for (let time = 0; time < 2; time += 1) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * A time slice of long-running work on the event loop: until it ends, the process answers no request.
 *
 * Work over thousands of items checks between them whether its slice is over, and then yields: `if (turn.isOver) await turn.next();`. It
 * checks the time instead of counting rows, because the same number of rows takes ten times as long before V8 has compiled the code.
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
