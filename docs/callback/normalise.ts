/** Durations and estimates in seconds and milliseconds. */
const DURATIONS = new Set(['duration_seconds', 'avg_duration_seconds', 'eta_seconds', 'avg_processing_time_ms']);
const SHOWN_DURATION = 0.42;
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const INSTANT = /(\d{4}-\d\d-\d\dT\d\d:\d)\d:\d\d(\.\d+)?Z/g;

/**
 * Makes captures of the same requests equal, in the given order:
 *
 *  - ids are numbered as they appear: runs `a…1`, `a…2`, events `e…1`, `e…2`; they stay UUIDs;
 *  - instants are rounded down to ten minutes, durations other than 0 are 0.42;
 *  - the process is `host:4711`, the folder of the failing evening `us-screener`.
 */
export class Normaliser {
  private readonly seen = new Map<string, string>();
  private readonly counts = { a: 0, e: 0 };

  constructor(private readonly eventIds: ReadonlySet<string>) {}

  value(value: unknown, key = ''): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return DURATIONS.has(key) && value !== 0 ? SHOWN_DURATION : value;
    if (Array.isArray(value)) return value.map((entry: unknown) => this.value(entry));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, this.value(entry, name)]));
  }

  text(text: string): string {
    return text
      .replace(UUID, (id) => this.number(id))
      .replace(INSTANT, (_, start: string, fraction?: string) => `${start}0:00${fraction === undefined ? '' : '.000'}Z`)
      .replace(/\b(by )\S+:\d+(, since )/, '$1host:4711$2')
      .replace(/\S*tickstock-screener-\w+/g, 'us-screener');
  }

  private number(id: string): string {
    // Literal in the requests.
    if (id.startsWith('00000000-')) return id;
    const known = this.seen.get(id);
    if (known !== undefined) return known;
    const series = this.eventIds.has(id) ? 'e' : 'a';
    const shown = `${series}0000000-0000-4000-8000-${String((this.counts[series] += 1)).padStart(12, '0')}`;
    this.seen.set(id, shown);
    return shown;
  }
}
