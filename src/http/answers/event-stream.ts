import { PassThrough, type Readable } from 'node:stream';

/** Proxies close a connection that is silent for a minute. */
const HEARTBEAT_MS = 15_000;
/** How long a browser waits before it reconnects. */
const RETRY_MS = 3000;
/** The stream of a reader that has stopped reading is closed at this backlog, to bound the memory. */
const MAX_WAITING_BYTES = 1024 * 1024;

export const EVENT_STREAM_TYPE = 'text/event-stream; charset=utf-8';

/** Server-sent events to one reader. */
export class EventStream {
  private readonly out = new PassThrough();
  private readonly heartbeat = setInterval(() => this.write(': heartbeat\n\n'), HEARTBEAT_MS).unref();

  constructor() {
    this.out.once('close', () => clearInterval(this.heartbeat));
    this.write(`retry: ${RETRY_MS}\n\n`);
  }

  /** Sent as the body of the answer; Fastify destroys it when the reader disconnects. */
  get body(): Readable {
    return this.out;
  }

  get isOpen(): boolean {
    return !this.out.destroyed && !this.out.writableEnded;
  }

  /** @param data becomes one line of JSON */
  send(event: string, id: string, data: unknown): void {
    this.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Events already sent are still delivered. */
  end(): void {
    clearInterval(this.heartbeat);
    this.out.end();
  }

  onClose(listener: () => void): void {
    this.out.once('close', listener);
  }

  private write(text: string): void {
    if (!this.isOpen) return;
    this.out.write(text);
    if (this.out.writableLength + this.out.readableLength > MAX_WAITING_BYTES) this.out.destroy();
  }
}
