import { createHash } from 'node:crypto';

/** An answer as it goes over the wire. */
export interface Page {
  readonly body: Buffer;
  /** Quoted, as the header wants it: the same bytes have the same tag, whoever made them. */
  readonly etag: string;
}

const MAX_PAGES = 200;
const MAX_BYTES = 32 * 1024 * 1024;

export function toPage(value: unknown): Page {
  const body = Buffer.from(JSON.stringify(value));
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"` };
}

/** Answers of one publication, least recently used out first; a new publication empties it. */
export class PageCache {
  private readonly pages = new Map<string, Page>();
  private readonly pending = new Map<string, Promise<Page>>();
  private publication: string | undefined;
  private bytes = 0;

  /** The page under `key`, made at most once at a time. A page too large to be kept is given all the same. */
  async get(publication: string, key: string, make: () => Promise<Page>): Promise<Page> {
    if (publication !== this.publication) this.clear(publication);
    const found = this.pages.get(key);
    if (found) {
      // A Map keeps the order of insertion: the first is the one that was not asked for the longest.
      this.pages.delete(key);
      this.pages.set(key, found);
      return found;
    }
    const under = this.pending.get(key);
    if (under) return under;
    const making = make()
      .then((page) => {
        if (this.pending.get(key) === making) this.keep(key, page);
        return page;
      })
      .finally(() => this.pending.get(key) === making && this.pending.delete(key));
    this.pending.set(key, making);
    return making;
  }

  private keep(key: string, page: Page): void {
    if (page.body.length > MAX_BYTES) return;
    this.pages.set(key, page);
    this.bytes += page.body.length;
    for (const [oldest, { body }] of this.pages) {
      if (this.pages.size <= MAX_PAGES && this.bytes <= MAX_BYTES) return;
      this.pages.delete(oldest);
      this.bytes -= body.length;
    }
  }

  /** What is being made for an earlier publication is given to whoever waits for it, and not kept. */
  private clear(publication: string): void {
    this.publication = publication;
    this.pages.clear();
    this.pending.clear();
    this.bytes = 0;
  }
}
