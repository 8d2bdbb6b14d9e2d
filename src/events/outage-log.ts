import type { Logger } from '../core/logger.js';

interface OutageWords {
  readonly begun: string;
  readonly meanwhile: string;
  readonly over: string;
}

/** Logs an outage once when it begins and once when it ends, however often it is noticed in between. */
export class OutageLog {
  #since: number | undefined;

  constructor(
    private readonly logger: Logger,
    private readonly words: OutageWords,
  ) {}

  get isOn(): boolean {
    return this.#since !== undefined;
  }

  begin(reason: string, now: number): void {
    if (this.isOn) return;
    this.#since = now;
    this.#say('warn', { reason }, `${this.words.begun} (${reason}); ${this.words.meanwhile}`);
  }

  end(delivered: number, now: number): void {
    if (this.#since === undefined) return;
    const awayMs = now - this.#since;
    this.#since = undefined;
    this.#say('info', { away_ms: awayMs, delivered }, `${this.words.over}; ${delivered} waiting events delivered`);
  }

  /** A host's logger that fails must not stop the delivery of events. */
  #say(level: 'warn' | 'info', fields: Readonly<Record<string, unknown>>, message: string): void {
    try {
      this.logger[level](fields, message);
    } catch {
      // The failure of the logger cannot be logged anywhere.
    }
  }
}
