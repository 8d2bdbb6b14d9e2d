import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { RandomStream } from '../../phases/import/sample-market/random.js';
import { startRedis, type TestRedis } from '../support/redis.js';

/** What it has acknowledged is on the disk, so a SIGKILL takes nothing of it away. */
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** How Redis fails: SIGKILL, SIGTERM and back at once, SIGSTOP, no memory left. */
const FAULTS = [
  { kind: 'killed', weight: 6 },
  { kind: 'restarted', weight: 2 },
  { kind: 'paused', weight: 2 },
  { kind: 'full', weight: 2 },
] as const;

export type FaultKind = (typeof FAULTS)[number]['kind'];

/** Between two faults, at most; a hint that events are on their way may bring the next one on sooner. */
const CALM_MS = 500;
/** Most outages are over soon; some last longer than anything waits for an answer. */
const OUTAGE_MS = 250;
const LONG_OUTAGE_MS = 900;
/** Events are sent within this time after they were committed. */
const SENDING_MS = 12;

/** A real redis-server that fails in one way after the other, at random moments, until it is told to stay up. */
export class UnrulyRedis {
  readonly counts: Record<FaultKind, number> = { killed: 0, restarted: 0, paused: 0, full: 0 };
  readonly #end = new AbortController();
  #hinted = new AbortController();
  #loop: Promise<void> | undefined;

  private constructor(
    readonly redis: TestRedis,
    private readonly random: RandomStream,
  ) {}

  static async start(random: RandomStream): Promise<UnrulyRedis> {
    return new UnrulyRedis(await startRedis({ args: DURABLE }), random);
  }

  begin(): void {
    this.#loop ??= this.#fail();
  }

  /** Says that events are about to be sent: half of the time, what it strikes next is their transaction. */
  hint(): void {
    this.#hinted.abort();
  }

  /** Stays up from now on. */
  async settle(): Promise<void> {
    this.#end.abort();
    this.hint();
    await this.#loop;
  }

  async stop(): Promise<void> {
    await this.settle();
    await this.redis.stop();
  }

  async #fail(): Promise<void> {
    for (;;) {
      await this.#calm();
      if (this.#end.signal.aborted) return;
      // The first in any case: short tests shall see it too.
      const { kind } = this.counts.killed === 0 ? FAULTS[0] : this.random.pickWeighted(FAULTS);
      this.counts[kind] += 1;
      await this.#strike(kind, this.random.below(this.random.below(4) === 0 ? LONG_OUTAGE_MS : OUTAGE_MS));
    }
  }

  async #calm(): Promise<void> {
    const pause = delay(this.random.below(CALM_MS));
    if (this.random.below(2) === 0) return pause;
    this.#hinted = new AbortController();
    await Promise.race([pause, once(this.#hinted.signal, 'abort')]);
    await delay(this.random.below(SENDING_MS));
  }

  async #strike(kind: FaultKind, outageMs: number): Promise<void> {
    switch (kind) {
      case 'killed':
        await this.redis.kill();
        await delay(outageMs);
        return this.redis.restart();
      case 'restarted':
        return this.redis.restart();
      case 'paused':
        this.redis.pause();
        await delay(outageMs);
        return this.redis.resume();
      case 'full':
        await this.#setMemory(1);
        await delay(outageMs);
        return this.#setMemory(0);
    }
  }

  /** Bytes it may use; 0 for as many as there are. */
  async #setMemory(bytes: number): Promise<void> {
    const client = this.redis.connect();
    await client.config('SET', 'maxmemory', bytes);
    client.disconnect();
  }
}
