import type { EventDraft } from '../core/phase.js';
import { toEnvelope } from './envelope.js';
import type { RedisCommand } from './redis-client.js';

interface LiveEvent {
  readonly draft: EventDraft;
  readonly at: Date;
  readonly number: number;
}

/** Live events waiting to be sent: of each kind and phase only the newest, so that their number is bounded however long they wait. */
export class LiveEvents {
  readonly #newest = new Map<string, LiveEvent>();
  #count = 0;

  add(draft: EventDraft, at: Date): void {
    const key = JSON.stringify([draft.event, draft.payload['phase']]);
    // Deleted first: a map keeps the position of a key that is set again, and events must leave in the order they arrived.
    this.#newest.delete(key);
    this.#newest.set(key, { draft, at, number: ++this.#count });
  }

  /** The number of the newest event so far, for `take`. */
  get last(): number {
    return this.#count;
  }

  /** Removes the events up to a number and returns the commands that publish them. */
  take(last: number): RedisCommand[] {
    const commands: RedisCommand[] = [];
    for (const [key, { draft, at, number }] of this.#newest) {
      if (number > last) continue;
      this.#newest.delete(key);
      const body = JSON.stringify(toEnvelope(draft, at));
      for (const channel of draft.channels) commands.push(['publish', channel, body]);
    }
    return commands;
  }

  /** Drops outdated events: progress of a phase is of no use after its end. */
  dropBefore(runId: string, instantMs: number): void {
    for (const [key, { draft, at }] of this.#newest) {
      if (draft.payload['run_id'] === runId && at.getTime() <= instantMs) this.#newest.delete(key);
    }
  }

  clear(): void {
    this.#newest.clear();
  }
}
