import { PerformanceObserver } from 'node:perf_hooks';

/** One stretch in which the event loop did not turn. */
export interface Pause {
  /** How long the program itself held it: the wall clock, but no more than the processor time the process had meanwhile. */
  readonly ms: number;
  /** By the clock on the wall: more than `ms` where the machine was busy with something else. */
  readonly wallMs: number;
  /** How much of it was garbage collection that stops the program. */
  readonly gcMs: number;
  /** What was reported last before it and, where it ended within, what was reported during it. */
  readonly during: string;
}

interface Beat {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Of all threads: compilation and the helpers of garbage collection are in it too. */
  readonly processorMs: number;
  readonly marks: string;
}

/** A timer as short as there are: what it comes late is how long the loop was held. */
const INTERVAL_MS = 1;
/** Shorter ones are the timer's own and the machine's. */
const SHORTEST_MS = 3;

/** Listens to the event loop of this process and keeps every pause with what was going on. */
export class Heartbeat {
  private readonly beats: Beat[] = [];
  private readonly collections: { startedAtMs: number; ms: number }[] = [];
  private readonly observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      this.collections.push({ startedAtMs: startTime, ms: duration });
  });
  private timer: NodeJS.Timeout | undefined;
  private lastBeatMs = 0;
  private processor = process.cpuUsage();
  private marks: string[] = [];

  start(): void {
    this.observer.observe({ entryTypes: ['gc'] });
    this.lastBeatMs = performance.now();
    this.timer = setInterval(() => this.beat(), INTERVAL_MS);
  }

  /** Marks what runs from here on; pauses bear these marks. */
  mark(name: string): void {
    if (this.marks.at(-1) !== name) this.marks.push(name);
  }

  /** Ends it; the pauses come in the order they happened. */
  async stop(): Promise<Pause[]> {
    this.beat();
    clearInterval(this.timer);
    // The observer is notified of collections a turn later.
    await new Promise((resolve) => setTimeout(resolve, 50));
    this.observer.disconnect();
    return this.beats.map((beat) => this.toPause(beat));
  }

  private toPause({ startedAtMs, endedAtMs, processorMs, marks }: Beat): Pause {
    const wallMs = endedAtMs - startedAtMs - INTERVAL_MS;
    const overlaps = this.collections.map(
      ({ startedAtMs: gcAtMs, ms }) => Math.min(gcAtMs + ms, endedAtMs) - Math.max(gcAtMs, startedAtMs),
    );
    const gcMs = overlaps.reduce((sum, overlap) => sum + Math.max(0, overlap), 0);
    return { ms: Math.min(wallMs, processorMs), wallMs, gcMs, during: marks };
  }

  private beat(): void {
    const now = performance.now();
    if (now - this.lastBeatMs - INTERVAL_MS >= SHORTEST_MS) {
      const { user, system } = process.cpuUsage(this.processor);
      this.beats.push({
        startedAtMs: this.lastBeatMs,
        endedAtMs: now,
        processorMs: (user + system) / 1000,
        marks: shorten(this.marks),
      });
    }
    this.marks = this.marks.slice(-1);
    this.lastBeatMs = now;
    this.processor = process.cpuUsage();
  }
}

function shorten(marks: readonly string[]): string {
  const [first = '', last = first] = [marks[0], marks.at(-1)];
  return first === last ? first : `${first} → ${last}`;
}
