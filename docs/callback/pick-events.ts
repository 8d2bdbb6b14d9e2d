import type { EventDefinition } from '../../src/index.js';
import type { Capture, Heard } from './recorded.js';

type Payload = Readonly<Record<string, unknown>>;

/** Of the events of a kind, the one with the most content; of progress a stored one, which does not depend on the speed of the machine. */
const WANTED: Readonly<Record<string, (payload: Payload) => boolean>> = {
  daily_processing_progress: ({ phase, progress }) => phase === 'cache_sync' && Number(progress) > 50,
  import_progress: ({ percent_complete: percent }) => percent === 100,
  cache_sync_progress: ({ percent_complete: percent }) => percent === 100,
  indicator_progress: ({ percent_complete: percent }) => percent === 100,
  job_progress_update: ({ phase, percentage }) => phase === 'cache_sync' && percentage === 100,
  universe_updated: ({ universe }) => universe === 'top_500',
};

/**
 * The example message of a kind of event, from the ordinary evening if it has one.
 * @returns undefined when none was received
 */
export function pickEvent(capture: Capture, { event, channels }: EventDefinition): Heard | undefined {
  const start = capture.heard.findIndex(({ body }) => body.payload['run_id'] === capture.runs.evening);
  const ofKind = [...capture.heard.slice(start), ...capture.heard.slice(0, start)].filter(
    ({ body, channel }) => body.event === event && channel === channels[0],
  );
  const stored = ofKind.filter(({ body }) => body.event_id !== undefined);
  return stored.find(({ body }) => WANTED[event]?.(body.payload) ?? true) ?? stored[0] ?? ofKind[0];
}

/** Whether an event was received on each of its channels. */
export function isHeardEverywhere(capture: Capture, { event, channels }: EventDefinition): boolean {
  return channels.every((name) => capture.heard.some(({ channel, body }) => channel === name && body.event === event));
}

/** The stored events of a run in order, with counts for neighbours of one kind: `universe_updated × 18`. */
export function listSequence(capture: Capture, runId: string): string[] {
  const groups: { event: string; count: number }[] = [];
  let last = 0;
  let isWithin = false;
  for (const { body } of capture.heard) {
    const owner = body.payload['run_id'] ?? body.payload['job_id'];
    if (owner !== undefined) isWithin = owner === runId;
    if (!isWithin || body.sequence === undefined || body.sequence === last) continue;
    last = body.sequence;
    const group = groups.at(-1);
    if (group?.event === body.event) group.count += 1;
    else groups.push({ event: body.event, count: 1 });
  }
  return groups.map(({ event, count }) => (count === 1 ? `\`${event}\`` : `\`${event}\` × ${count}`));
}
