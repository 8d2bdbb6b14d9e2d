import { expect } from 'chai';
import { createPageCache, toPage, type Page } from '../../../src/http/answers/pages.js';

const MEGABYTE = 'x'.repeat(1024 * 1024);

const textOf = ({ body }: Page): string => body.toString();

describe('the cache of pages', () => {
  it('makes a page once for concurrent callers', async () => {
    const cache = createPageCache();
    let made = 0;
    const context = () => Promise.resolve(toPage({ made: (made += 1) }));

    const pages = await Promise.all(['a', 'a', 'a'].map((key) => cache.forceFetch(key, { context })));

    expect(made).to.equal(1);
    expect(pages.map(textOf)).to.deep.equal(['{"made":1}', '{"made":1}', '{"made":1}']);
  });

  it('keeps the most recently used pages, up to a size', async () => {
    const cache = createPageCache();
    const made: string[] = [];
    const ask = (key: string) =>
      cache.forceFetch(key, { context: () => Promise.resolve((made.push(key), toPage(MEGABYTE))) });

    for (let index = 0; index < 31; index += 1) await ask(`${index}`);
    await ask('0');
    await ask('31');
    await ask('0');
    await ask('1');

    // 32 MB hold 31 of them: the least recently used one was evicted.
    expect(made).to.deep.equal([...Array.from({ length: 32 }, (_, index) => `${index}`), '1']);
  });

  it('serves a page that is larger than it can keep', async () => {
    const cache = createPageCache();

    const page = await cache.forceFetch('a', { context: () => Promise.resolve(toPage(MEGABYTE.repeat(33))) });

    expect(page.body.length).to.equal(33 * 1024 * 1024 + 2);
    expect(cache.size).to.equal(0);
  });

  it('serves every page when more are made at once than it keeps', async () => {
    const cache = createPageCache();
    const keys = Array.from({ length: 300 }, (_, index) => `${index}`);

    const pages = await Promise.all(
      keys.map((key) =>
        cache.forceFetch(key, {
          context: async () => {
            await new Promise((resolve) => setTimeout(resolve, 5));
            return toPage(key);
          },
        }),
      ),
    );

    expect(pages.map(textOf)).to.deep.equal(keys.map((key) => `"${key}"`));
    expect(cache.size).to.be.at.most(200);
  });

  it('does not keep a failure', async () => {
    const cache = createPageCache();

    const failed: unknown = await cache
      .forceFetch('a', { context: () => Promise.reject(new Error('no')) })
      .catch((error: unknown) => error);
    const page = await cache.forceFetch('a', { context: () => Promise.resolve(toPage('yes')) });

    expect(failed).to.include({ message: 'no' });
    expect(textOf(page)).to.equal('"yes"');
  });

  it('has a tag that depends on the bytes alone', () => {
    expect(toPage({ a: 1 }).etag).to.equal(toPage({ a: 1 }).etag);
    expect(toPage({ a: 1 }).etag).to.not.equal(toPage({ a: 2 }).etag);
    expect(toPage({}).etag).to.match(/^"[\w-]+"$/);
  });
});
