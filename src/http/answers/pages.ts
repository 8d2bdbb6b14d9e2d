import { LRUCache } from 'lru-cache';
import { createHash } from 'node:crypto';

/** An answer as it is sent. */
export interface Page {
  readonly body: Buffer;
  /** Quoted, as the header needs it; the same bytes have the same tag in every process. */
  readonly etag: string;
}

type MakePage = () => Promise<Page>;
export type PageCache = LRUCache<string, Page, MakePage>;

const MAX_PAGES = 200;
const MAX_BYTES = 32 * 1024 * 1024;

export function toPage(value: unknown): Page {
  const body = Buffer.from(JSON.stringify(value));
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"` };
}

/**
 * Pages of universes, least recently used evicted first: `pages.forceFetch(key, { context: make })` makes a page once for all concurrent
 * callers.
 *
 * Edges: the publication is part of the key, so pages of an earlier one are not served again and are evicted in time. A page larger than the
 *        cache is served and not kept. A failure is not kept.
 */
export function createPageCache(): PageCache {
  return new LRUCache<string, Page, MakePage>({
    max: MAX_PAGES,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ body }) => body.length,
    // More concurrent callers than pages: a page evicted while it is made is served all the same.
    ignoreFetchAbort: true,
    fetchMethod: (_key, _stale, { context: make }) => make(),
  });
}
