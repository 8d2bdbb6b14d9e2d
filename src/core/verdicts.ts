/** What has become of a trading day, for people, the HTTP API, events and metrics alike. */
export const VERDICTS = [
  'published',
  'published_with_holds',
  'held',
  'running',
  'waiting',
  'missed',
  'skipped',
  'not_scheduled',
] as const;
export type Verdict = (typeof VERDICTS)[number];
