import type { z } from 'zod';
import type { EventDraft } from '../core/phase.js';

/** One kind of event: where it goes, what it holds, and how it looks. */
export interface EventDefinition<Payload extends z.ZodObject = z.ZodObject> {
  readonly event: string;
  /** The first is the event's own; others repeat it for older listeners. */
  readonly channels: readonly [string, ...string[]];
  readonly source: string;
  /**
   * `stored` events report data: they are written with it in one transaction and delivered at least once. `live` ones tell of work under way
   * and have no value later: they are sent once, to current subscribers.
   */
  readonly delivery: 'stored' | 'live';
  /** What it means, in one sentence. */
  readonly meaning: string;
  readonly payload: Payload;
  /** As a run has it; the figures are made up. */
  readonly example: z.output<Payload>;
}

export function defineEvent<Payload extends z.ZodObject>(
  definition: EventDefinition<Payload>,
): EventDefinition<Payload> {
  return definition;
}

/** An event to be written to the outbox or sent. Not validated here: its payload is typed, and a test holds every kind against its schema. */
export function draftEvent<Payload extends z.ZodObject>(
  { event, channels, source }: EventDefinition<Payload>,
  payload: z.output<Payload>,
): EventDraft {
  return { event, channels, source, payload };
}
