import { closeSync, openSync } from 'node:fs';
import { copyFile, readFile, stat, truncate } from 'node:fs/promises';

const MAX_BYTES = 4 * 1024 * 1024;
const CHECK_INTERVAL_MS = 60_000;

/**
 * The server's log: a file that the server writes itself, so that it neither waits for this program nor fails without it. Above 4 MB it is
 * moved to `<file>.1`.
 */
export class ServerLog {
  readonly #file: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Runs `start` with a descriptor to append to, and limits the size until `close`.
   * @returns its result, and the size of the log before it
   */
  async openFor<Result>(start: (descriptor: number) => Result): Promise<{ result: Result; offset: number }> {
    await this.#rotate();
    this.#timer ??= setInterval(() => void this.#rotate(), CHECK_INTERVAL_MS).unref();
    const offset = await this.#size();
    const descriptor = openSync(this.#file, 'a', 0o600);
    try {
      return { result: start(descriptor), offset };
    } finally {
      closeSync(descriptor);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The text written after `offset` bytes; empty when the file cannot be read. */
  async readSince(offset: number): Promise<string> {
    const bytes = await readFile(this.#file).catch(() => Buffer.alloc(0));
    return bytes.subarray(offset).toString('utf8');
  }

  async #size(): Promise<number> {
    return stat(this.#file).then(
      ({ size }) => size,
      () => 0,
    );
  }

  /** Copied and truncated, not renamed: the server keeps its descriptor, opened for appending. */
  async #rotate(): Promise<void> {
    if ((await this.#size()) <= MAX_BYTES) return;
    await copyFile(this.#file, `${this.#file}.1`).catch(() => undefined);
    await truncate(this.#file).catch(() => undefined);
  }
}

/** The end of a program's output, for an error message. */
export function lastLines(text: string, count = 12): string {
  return text.trim().split('\n').slice(-count).join('\n');
}
