/** What an event leads to, for every status: a new status or event does not compile until every case is decided. Null: refused, or without effect. */
export type Transitions<Status extends string, Event extends string> = Readonly<
  Record<Status, Readonly<Record<Event, Status | null>>>
>;

/** The statuses in which an event has an effect. */
export function statusesBefore<Status extends string, Event extends string>(
  transitions: Transitions<Status, Event>,
  event: Event,
): Status[] {
  return (Object.keys(transitions) as Status[]).filter((status) => transitions[status][event] !== null);
}
