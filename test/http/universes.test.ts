import { expect } from 'chai';
import { SESSION, startService, stocks, type TestService } from './service.js';

describe('universes over HTTP', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
    await service.runOnce();
  });

  after(() => service.close());

  const members = (body: Record<string, unknown>) => body['members'] as Record<string, unknown>[];

  it('lists the published ones', async () => {
    const { body } = await service.call('GET', '/api/universes');

    const universes = body['universes'] as Record<string, unknown>[];
    expect(body['total']).to.equal(universes.length);
    expect(universes.find(({ key }) => key === 'large_cap')).to.deep.equal({
      universe: 'large_cap',
      type: 'stock_universe',
      name: 'market_cap',
      key: 'large_cap',
      title: 'Large Cap',
      cache_type: 'market_cap',
      count: 31,
      added: 31,
      removed: 0,
      // 40 stocks of 1 to 40 billion, SAA to SBN: the first ten from the top.
      added_symbols: ['SBN', 'SBM', 'SBL', 'SBK', 'SBJ', 'SBI', 'SBH', 'SBG', 'SBF', 'SBE'],
      removed_symbols: [],
      held: false,
      session: SESSION,
    });
  });

  it('shows the members in rank order', async () => {
    const { status, body } = await service.call('GET', '/api/universes/large_cap?limit=2');

    expect(status).to.equal(200);
    expect(body).to.include({ universe: 'large_cap', count: 31, limit: 2, offset: 0 });
    // 40 stocks of 1 to 40 billion: SBN is the fortieth.
    expect(members(body)[0]).to.deep.equal({
      position: 1,
      symbol: 'SBN',
      name: 'SBN Inc. Common Stock',
      market_cap_usd: 40e9,
      close: 10,
      sector: 'Industrials',
      industry: 'Industrial Machinery',
      since: SESSION,
    });
    expect(members(body).map(({ symbol }) => symbol)).to.deep.equal(['SBN', 'SBM']);
  });

  it('has pages without gaps', async () => {
    const all = await service.call('GET', '/api/universes/large_cap');
    const pages = await Promise.all(
      [0, 10, 20, 30, 40].map((offset) => service.call('GET', `/api/universes/large_cap?limit=10&offset=${offset}`)),
    );

    expect(pages.flatMap(({ body }) => members(body))).to.deep.equal(members(all.body));
    expect(pages.map(({ body }) => members(body).length)).to.deep.equal([10, 10, 10, 1, 0]);
  });

  it('accepts name/key too', async () => {
    const { status, body } = await service.call('GET', '/api/universes/market_cap%2Flarge_cap?limit=1');

    expect(status).to.equal(200);
    expect(body).to.include({ universe: 'large_cap' });
  });

  it('suggests the nearest name for an unknown one', async () => {
    const { status, body } = await service.call('GET', '/api/universes/lage_cap');

    expect(status).to.equal(404);
    expect(body).to.include({ success: false, code: 'EOD_UNIVERSE_UNKNOWN' });
    expect(body['hint']).to.include('did you mean "large_cap"?');
  });

  it('lists the universes of a symbol', async () => {
    const { body } = await service.call('GET', '/api/symbols/SBN/universes');
    const unknown = await service.call('GET', '/api/symbols/NOPE/universes');

    const universes = body['universes'] as Record<string, unknown>[];
    expect(body).to.include({ symbol: 'SBN', name: 'SBN Inc. Common Stock', type: 'CS', active: true });
    expect(universes.find(({ universe }) => universe === 'large_cap')).to.deep.equal({
      universe: 'large_cap',
      type: 'stock_universe',
      title: 'Large Cap',
      since: SESSION,
    });
    expect(unknown.status).to.equal(404);
    expect(unknown.body).to.include({ code: 'EOD_SYMBOL_UNKNOWN' });
  });

  it('shows a security with its tickers, actions and exceptions', async () => {
    const { body } = await service.call('GET', '/api/securities/SBN');
    const unknown = await service.call('GET', '/api/securities/NOPE');

    expect(body).to.deep.include({
      symbol: 'SBN',
      asked_ticker: 'SBN',
      present_ticker: null,
      actions: [],
      exceptions: [],
    });
    expect(body['tickers']).to.deep.equal([{ ticker: 'SBN', from: SESSION, to: null }]);
    expect(unknown.body).to.include({ code: 'EOD_SYMBOL_UNKNOWN' });
  });

  it('answers for a past date, with its own ETag', async () => {
    // 30 June 2026 is a Tuesday; the one session there is.
    const past = await service.call('GET', `/api/universes/large_cap?limit=2&as_of=${SESSION}`);
    const now = await service.call('GET', '/api/universes/large_cap?limit=2');
    const earlier = await service.call('GET', '/api/universes/large_cap?as_of=2026-06-29');
    const malformed = await service.call('GET', '/api/universes/large_cap?as_of=june&known_at=then');

    expect(past.body).to.include({ count: 31, session: SESSION, asked: SESSION, known_at: null });
    expect(members(past.body)).to.deep.equal(members(now.body));
    expect(past.headers['etag']).to.not.equal(now.headers['etag']);
    expect(earlier.status).to.equal(400);
    expect(earlier.body).to.include({
      code: 'EOD_SESSION_INVALID',
      hint: 'the first published session is 2026-06-30',
    });
    expect((malformed.body['problems'] as { path: string }[]).map(({ path }) => path)).to.deep.equal([
      'query.as_of',
      'query.known_at',
    ]);
  });

  it('answers for a symbol as known at a time, compares sessions and explains', async () => {
    const symbol = await service.call('GET', `/api/symbols/SBN/universes?as_of=${SESSION}&known_at=2030-01-01`);
    const diff = await service.call('GET', `/api/universes/large_cap/diff?from=${SESSION}`);
    const why = await service.call('GET', '/api/universes/large_cap/why/SAA');
    const unknown = await service.call('GET', '/api/universes/large_cap/why/NOPE');

    expect(symbol.body).to.include({
      session: SESSION,
      known_at: '2030-01-02T04:59:59.999Z',
      rank: 1,
      market_cap_usd: 40e9,
    });
    expect(diff.body).to.deep.include({ universe: 'large_cap', known_at: null, added: [], removed: [] });
    expect(diff.body['to']).to.deep.equal({ session: SESSION, asked: null, count: 31 });
    // The first of forty has 1 billion, and the band starts at 10.
    expect(why.body).to.deep.include({
      symbol: 'SAA',
      member: false,
      rank: 40,
      market_cap_usd: 1e9,
      cap_source: 'source_market_cap',
    });
    expect((why.body['flips'] as unknown[])[0]).to.deep.include({ change: 'enters', cap_usd: 10e9, move_pct: 900 });
    expect(unknown.body).to.include({ code: 'EOD_SYMBOL_UNKNOWN' });
  });

  it('asks the database once for fifty readers of the same page', async () => {
    const { history } = service.pipeline;
    const members = history.members.bind(history);
    let queries = 0;
    history.members = (...request) => {
      queries += 1;
      return members(...request);
    };

    const answers = await Promise.all(
      Array.from({ length: 50 }, () => service.call('GET', '/api/universes/large_cap?limit=9')),
    );
    const other = await service.call('GET', '/api/universes/large_cap?limit=8');
    history.members = members;

    expect(answers.map(({ status }) => status)).to.deep.equal(Array.from({ length: 50 }, () => 200));
    expect(new Set(answers.map(({ text }) => text)).size).to.equal(1);
    expect([other.status, queries]).to.deep.equal([200, 2]);
  });

  it('answers 304 for a known ETag until the next publish', async () => {
    const path = '/api/universes/large_cap?limit=3';
    const first = await service.call('GET', path);
    const etag = String(first.headers['etag']);

    const again = await service.call('GET', path, { headers: { 'if-none-match': etag } });
    const weak = await service.call('GET', path, { headers: { 'if-none-match': `"x", W/${etag}` } });
    const other = await service.call('GET', path, { headers: { 'if-none-match': '"other"' } });
    // The largest grow: the same stocks, other market caps.
    await service.files.writeSession(SESSION, { nasdaq: stocks(1.01) });
    await service.pipeline.run({ phases: ['import', 'cache-sync'], force: true });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const changed = await service.call('GET', path, { headers: { 'if-none-match': etag } });

    expect([again.status, weak.status, other.status]).to.deep.equal([304, 304, 200]);
    expect(again.text).to.equal('');
    expect(again.headers['etag']).to.equal(etag);
    expect(changed.status).to.equal(200);
    expect(members(changed.body)[0]).to.include({ symbol: 'SBN', market_cap_usd: 40.4e9 });
    expect(changed.headers['etag']).to.not.equal(etag);
  });
});
