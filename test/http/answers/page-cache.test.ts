import { expect } from 'chai';
import { PageCache, toPage } from '../../../src/http/answers/page-cache.js';
import { SingleFlight } from '../../../src/http/answers/single-flight.js';

const MEGABYTE = 'x'.repeat(1024 * 1024);

describe('the cache of pages', () => {
  it('makes a page once for all who ask at the same time', async () => {
    const cache = new PageCache();
    let made = 0;
    const make = async () => {
      made += 1;
      return toPage({ made });
    };

    const pages = await Promise.all([
      cache.get('p1', 'a', make),
      cache.get('p1', 'a', make),
      cache.get('p1', 'a', make),
    ]);

    expect(made).to.equal(1);
    expect(pages.map(({ body }) => body.toString())).to.deep.equal(['{"made":1}', '{"made":1}', '{"made":1}']);
  });

  it('forgets everything when something else is published, also what is still being made', async () => {
    const cache = new PageCache();
    let finish: () => void = () => undefined;
    const slow = cache.get('p1', 'a', async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      return toPage('old');
    });

    const fresh = await cache.get('p2', 'a', () => Promise.resolve(toPage('new')));
    finish();
    const late = await slow;
    const kept = await cache.get('p2', 'a', () => Promise.resolve(toPage('never made')));

    expect([fresh, late, kept].map(({ body }) => body.toString())).to.deep.equal(['"new"', '"old"', '"new"']);
  });

  it('keeps the pages asked for last, up to a number and a size', async () => {
    const cache = new PageCache();
    const made: string[] = [];
    const ask = (key: string) =>
      cache.get('p', key, () => {
        made.push(key);
        return Promise.resolve(toPage(MEGABYTE));
      });

    for (let index = 0; index < 31; index += 1) await ask(`${index}`);
    await ask('0');
    await ask('31');
    await ask('0');
    await ask('1');

    // 32 MB hold 31 of them: the one asked for the longest ago went.
    expect(made).to.deep.equal([...Array.from({ length: 32 }, (_, index) => `${index}`), '1']);
  });

  it('does not keep a failure', async () => {
    const cache = new PageCache();

    const failed: unknown = await cache
      .get('p', 'a', () => Promise.reject(new Error('no')))
      .catch((error: unknown) => error);
    const page = await cache.get('p', 'a', () => Promise.resolve(toPage('yes')));

    expect(failed).to.be.instanceOf(Error);
    expect(page.body.toString()).to.equal('"yes"');
  });

  it('gives the same bytes the same tag, and others another', () => {
    expect(toPage({ a: 1 }).etag).to.equal(toPage({ a: 1 }).etag);
    expect(toPage({ a: 1 }).etag).to.not.equal(toPage({ a: 2 }).etag);
    expect(toPage({}).etag).to.match(/^"[\w-]+"$/);
  });
});

describe('a question with one answer for all', () => {
  it('is asked once at a time, and again when its answer is forgotten', async () => {
    let asked = 0;
    const flight = new SingleFlight(() => Promise.resolve((asked += 1)), 60_000);

    const together = await Promise.all([flight.get(), flight.get()]);
    const later = await flight.get();
    flight.forget();
    const again = await flight.get();

    expect([...together, later, again]).to.deep.equal([1, 1, 1, 2]);
  });

  it('is asked again after a failure', async () => {
    let asked = 0;
    const flight = new SingleFlight(
      () => ((asked += 1) === 1 ? Promise.reject(new Error('no')) : Promise.resolve(asked)),
      60_000,
    );

    const failed: unknown = await flight.get().catch((error: unknown) => error);

    expect(failed).to.be.instanceOf(Error);
    expect(await flight.get()).to.equal(2);
  });
});
