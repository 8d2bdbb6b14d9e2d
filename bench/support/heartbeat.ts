import { PerformanceObserver } from 'node:perf_hooks';

/** A pause: a period in which the event loop did not turn. */
export interface Pause {
  /** Time blocked by the program itself: the wall clock, but at most the processor time of the process. */
  readonly ms: number;
  /** Wall-clock time: more than `ms` when the machine was busy with other work. */
  readonly wallMs: number;
  /** The part spent in garbage collection that stops the program. */
  readonly gcMs: number;
  /** The last report before it and, if the pause ended within one, the report during it. */
  readonly during: string;
}

interface Beat {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Of all threads: includes compilation and the helper threads of garbage collection. */
  readonly processorMs: number;
  readonly marks: string;
}

/** The shortest timer: its delay is the time the loop was blocked. */
const INTERVAL_MS = 1;
/** Shorter delays come from the timer and the machine. */
const SHORTEST_MS = 3;

/** Observes the event loop of this process and keeps every pause with the work at the time. */
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

  /** Marks the work from here on; pauses have these marks. */
  mark(name: string): void {
    if (this.marks.at(-1) !== name) this.marks.push(name);
  }

  /** Ends the observation; pauses are in chronological order. */
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
