/** A captured exchange, unmodified. Everything in the document that looks like output of a run is one of these. */

export interface Exchange {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** The header as the document shows it; null when none was sent. */
  readonly key: string | null;
  readonly request: unknown;
  readonly status: number;
  readonly answer: unknown;
}

/** A message as a subscriber of `tickstock:*` received it. */
export interface Heard {
  readonly channel: string;
  readonly body: Envelope;
}

export interface Envelope {
  readonly event: string;
  readonly timestamp: string;
  readonly source: string;
  readonly version: string;
  readonly event_id?: string;
  readonly sequence?: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface Capture {
  readonly exchanges: ReadonlyMap<string, Exchange>;
  readonly heard: readonly Heard[];
  /** The fields of one entry of the stream. */
  readonly streamEntry: Readonly<Record<string, string>>;
  /** The runs shown in the document. */
  readonly runs: Readonly<Record<'evening' | 'cancelled' | 'failed', string>>;
  /** `PostgreSQL 18.4, embedded server` */
  readonly database: string;
  readonly redis: string;
}
