import type { EventDraft } from '../core/phase.js';
import { toEnvelope } from './envelope.js';
import type { RedisCommand } from './redis-client.js';

interface LiveEvent {
  readonly draft: EventDraft;
  readonly at: Date;
  readonly number: number;
}

/**
 * Live events on their way: of each kind and phase only the newest, so that there are never more of them than kinds and phases,
 * however long they have to wait.
 */
export class LiveEvents {
  readonly #newest = new Map<string, LiveEvent>();
  #count = 0;

  add(draft: EventDraft, at: Date): void {
    const key = JSON.stringify([draft.event, draft.payload['phase']]);
    // Deleted first: a map keeps the place of a key that is set again, and events leave in the order they came.
    this.#newest.delete(key);
    this.#newest.set(key, { draft, at, number: ++this.#count });
  }

  /** The number of the newest event so far, for `take`. */
  get last(): number {
    return this.#count;
  }

  /** Takes the events up to a number out, as the commands that publish them. */
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

  /** Drops what is out of date: after a phase's end its progress is of no use. */
  dropBefore(runId: string, instantMs: number): void {
    for (const [key, { draft, at }] of this.#newest) {
      if (draft.payload['run_id'] === runId && at.getTime() <= instantMs) this.#newest.delete(key);
    }
  }

  clear(): void {
    this.#newest.clear();
  }
}
