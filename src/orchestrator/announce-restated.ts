import { barsRestated } from '../events/catalogue/index.js';
import { draftEvent } from '../events/event.js';
import { appendToOutbox } from '../events/outbox.js';
import type { AnnounceRestated } from '../securities/actions/corporate-actions.js';

/** Adds `bars_restated` to the outbox, one event for each action. */
export const announceRestated: AnnounceRestated = (client, restated, at) =>
  appendToOutbox(
    client,
    null,
    restated.map((each) => draftEvent(barsRestated, { ...each })),
    at,
  );
