import { expect } from 'chai';
import type { EventDraft, PhaseReport, RunFacts } from '../../src/core/phase.js';
import { PipelineError } from '../../src/core/errors.js';
import { EVENTS } from '../../src/events/catalogue/index.js';
import { MONDAY } from './market.js';

/** A run that events tell of. */
export const FACTS: RunFacts = {
  runId: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
  session: MONDAY,
  mode: 'full',
  force: false,
  symbols: 4000,
};

export const FAILURE = new PipelineError('EOD_DB_UNAVAILABLE', 'the database does not answer');

/** A report as far as events look at it. */
export function reportOf(parts: Partial<PhaseReport>): PhaseReport {
  return { summary: 'done', changed: true, counters: {}, warnings: [], details: {}, ...parts };
}

/** Every draft is of the catalogue, goes where the catalogue says, and has the payload that it says. */
export function assertInCatalogue(drafts: readonly EventDraft[]): void {
  for (const { event, channels, source, payload } of drafts) {
    const definition = EVENTS.find((each) => each.event === event);
    expect(definition, event).to.not.equal(undefined);
    expect({ channels, source }, event).to.deep.equal({ channels: definition?.channels, source: definition?.source });
    expect(definition?.payload.safeParse(payload).error?.issues, event).to.equal(undefined);
  }
}

/** Payloads by event, of drafts with one event of a kind. */
export function payloadsOf(drafts: readonly EventDraft[]): Record<string, EventDraft['payload']> {
  return Object.fromEntries(drafts.map((draft) => [draft.event, draft.payload]));
}
