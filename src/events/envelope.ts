import type { EventDraft } from '../core/phase.js';

/** The published message: the envelope of the contract. Stored events also have an id and a sequence within the run. */
export interface EventEnvelope {
  readonly event: string;
  /** UTC, ends in Z. */
  readonly timestamp: string;
  readonly source: string;
  readonly version: '1.0';
  readonly event_id?: string;
  /** 1 for the run's first event, without gaps; missing for events outside a run. */
  readonly sequence?: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

export function toEnvelope({ event, source, payload }: EventDraft, at: Date): EventEnvelope {
  return { event, timestamp: at.toISOString(), source, version: '1.0', payload };
}
