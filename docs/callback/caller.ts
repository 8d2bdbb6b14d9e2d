import { setTimeout as delay } from 'node:timers/promises';
import type { Exchange } from './recorded.js';

export interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly key?: string | null;
  readonly body?: unknown;
  /** Name under which the exchange is stored for the document. */
  readonly as?: string;
  /** The expected status; any other ends the script. */
  readonly status?: number;
}

/** Calls the service and stores what the document shows. */
export class Caller {
  constructor(
    private readonly address: string,
    /** Not shown: the document has the variable that contains the key. */
    private readonly ownKey: string,
    private readonly exchanges: Map<string, Exchange>,
  ) {}

  async call(path: string, { method = 'GET', key = null, body, as, status = 200 }: Call = {}) {
    const response = await fetch(`${this.address}${path}`, {
      method,
      headers: {
        ...(key !== null && { 'X-API-Key': key }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (response.status !== status) {
      throw new Error(`${method} ${path} was answered with ${response.status}: ${JSON.stringify(answer)}`);
    }
    if (as !== undefined) {
      if (this.exchanges.has(as)) throw new Error(`there are two exchanges named ${as}`);
      const shown = key === this.ownKey ? '$TICKSTOCKPL_API_KEY' : key;
      this.exchanges.set(as, { name: as, method, path, key: shown, request: body, status: response.status, answer });
    }
    return answer;
  }

  /** Polls the status until nothing runs, at most half a minute. */
  async untilIdle(key: string | null): Promise<void> {
    for (let attempt = 0; attempt < 1200; attempt += 1) {
      const { is_running: isRunning } = await this.call('/api/processing/status', { key });
      if (isRunning === false) return;
      await delay(25);
    }
    throw new Error('the run never ended');
  }
}
