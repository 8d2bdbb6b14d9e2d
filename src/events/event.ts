import type { z } from 'zod';
import type { EventDraft } from '../core/phase.js';

/** A kind of event: its channels, payload and an example. */
export interface EventDefinition<Payload extends z.ZodObject = z.ZodObject> {
  readonly event: string;
  /** The first is the event's own; the others repeat it for older listeners. */
  readonly channels: readonly [string, ...string[]];
  /** A key of Redis that has the newest one, for readers that were away. */
  readonly key?: string;
  readonly source: string;
  /**
   * `stored` events report data: they are written with it in one transaction and delivered at least once. `live` events report work in
   * progress and are of no use later: they are sent once, to current subscribers.
   */
  readonly delivery: 'stored' | 'live';
  /** Its meaning, in one sentence. */
  readonly meaning: string;
  /** True for an event that TickStockAppV2 does not listen to; its hand-over document leaves it out. */
  readonly isBeyondContract?: boolean;
  readonly payload: Payload;
  /** An example from a run; the figures are invented. */
  readonly example: z.output<Payload>;
}

export function defineEvent<Payload extends z.ZodObject>(
  definition: EventDefinition<Payload>,
): EventDefinition<Payload> {
  return definition;
}

/** An event to be written to the outbox or sent. Not validated here: its payload is typed, and a test validates every kind with its schema. */
export function draftEvent<Payload extends z.ZodObject>(
  { event, channels, source }: EventDefinition<Payload>,
  payload: z.output<Payload>,
): EventDraft {
  return { event, channels, source, payload };
}
