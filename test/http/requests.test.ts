import { connect } from 'node:net';
import { expect } from 'chai';
import { KEY, startService, type Answer, type TestService } from './service.js';

const TRIGGER = '/api/processing/trigger-manual';

describe('an invalid request', () => {
  let service: TestService;

  before(async () => {
    service = await startService({ http: { bodyLimitBytes: 1024 } });
  });

  after(() => service.close());

  function expectError({ status, body, text }: Answer, code: string, httpStatus: number): void {
    expect(status, text).to.equal(httpStatus);
    expect(body).to.include({ success: false, code });
    expect(body['message']).to.be.a('string').and.not.equal('');
    expect(body).to.have.property('hint');
    expect(text).not.to.match(/\bat .*\.[jt]s:\d+|node_modules|"stack"/);
  }

  it('gets every problem at once', async () => {
    const answer = await service.call('POST', TRIGGER, {
      body: { phases: ['all', 7, ''], skip_market_check: 'no', universe: { a: 1 }, one: 1, two: 2 },
    });

    expectError(answer, 'EOD_REQUEST_INVALID', 400);
    const problems = answer.body['problems'] as { path: string; message: string }[];
    expect(problems.map(({ path }) => path)).to.have.members([
      'body.phases[1]',
      'body.phases[2]',
      'body.skip_market_check',
      'body.universe',
      'body.one',
      'body.two',
    ]);
    expect(problems.every(({ message }) => message.length > 0)).to.equal(true);
  });

  it('gets every unknown phase at once', async () => {
    const answer = await service.call('POST', TRIGGER, { body: { phases: ['import', 'cache-snyc', 'patterns'] } });

    expectError(answer, 'EOD_PHASE_UNKNOWN', 400);
    expect(answer.body['problems']).to.have.lengthOf(2);
    expect(answer.text).to.include('cache-snyc').and.include('indicator_processing');
  });

  const queries: [string, string][] = [
    ['/api/processing/history?days=0', 'query.days'],
    ['/api/processing/history?days=-1', 'query.days'],
    ['/api/processing/history?days=1e9', 'query.days'],
    ['/api/processing/history?days=', 'query.days'],
    ['/api/processing/history?days=7&days=8', 'query.days'],
    ['/api/processing/history?dayz=7', 'query.dayz'],
    ['/api/processing/status?verbose=1', 'query.verbose'],
    ['/api/processing/cache-sync/history?limit=99999', 'query.limit'],
    ['/api/processing/cache-sync/history?offset=9999999999999999999', 'query.offset'],
    ['/api/universes/top_500?limit=5001', 'query.limit'],
    ['/api/events?after=yesterday', 'query.after'],
    ['/api/runs/yesterday', 'params.id'],
  ];

  for (const [path, problem] of queries) {
    it(`is refused for GET ${path}`, async () => {
      const answer = await service.call('GET', path);

      expectError(answer, 'EOD_REQUEST_INVALID', 400);
      expect((answer.body['problems'] as { path: string }[]).map((each) => each.path)).to.deep.equal([problem]);
    });
  }

  const bodies: [string, string, unknown][] = [
    ['/api/processing/cache-sync/trigger', 'body.mode', { mode: 'everything' }],
    ['/api/processing/cache-sync/trigger', 'body.force', { force: 1 }],
    ['/api/processing/trigger-import', 'body.lookback_days', { lookback_days: 1e12 }],
    ['/api/processing/trigger-import', 'body.lookback_days', { lookback_days: 1.5 }],
    ['/api/processing/retry-imports', 'body.original_run_id', {}],
    ['/api/processing/schedule', 'body.trigger_time', { trigger_time: '25:00' }],
    ['/api/processing/schedule', 'body.universes[0]', { universes: ['a\u0000b'] }],
    ['/api/processing/schedule', 'body', {}],
    [TRIGGER, 'body', [1, 2]],
    [TRIGGER, 'body', '"all"'],
  ];

  for (const [path, problem, body] of bodies) {
    it(`is refused for POST ${path} with ${JSON.stringify(body)}`, async () => {
      const answer = await service.call('POST', path, { body });

      expectError(answer, 'EOD_REQUEST_INVALID', 400);
      expect((answer.body['problems'] as { path: string }[]).map((each) => each.path)).to.deep.equal([problem]);
    });
  }

  it('is refused when its body is not JSON, has a prototype key, or has another content type', async () => {
    const broken = await service.call('POST', TRIGGER, { body: '{"phases": [' });
    const poisoned = await service.call('POST', TRIGGER, { body: '{"__proto__": {"phases": []}}' });
    const form = await service.call('POST', TRIGGER, {
      body: 'phases=all',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });

    for (const answer of [broken, poisoned, form]) expectError(answer, 'EOD_REQUEST_INVALID', 400);
  });

  it('is refused when its body is huge', async () => {
    const huge = await service.call('POST', TRIGGER, { body: { universe: 'x'.repeat(5000) } });

    expectError(huge, 'EOD_TOO_LARGE', 413);
  });

  it('is refused when its headers are huge, in the same form', async () => {
    const answer = await service.call('GET', '/health', { headers: { 'x-much': 'x'.repeat(60_000) } });

    expectError(answer, 'EOD_TOO_LARGE', 431);
  });

  it('is refused when it is not HTTP, in the same form', async () => {
    const { port } = new URL(service.address);

    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write('hello\r\n\r\n'));
      let received = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
      socket.once('close', () => resolve(received)).once('error', reject);
    });

    expect(text).to.match(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(text.slice(text.indexOf('{')))).to.include({ success: false, code: 'EOD_REQUEST_INVALID' });
  });

  for (const path of ['/', '/api', '/api/nothing', '/api/processing', `/api/${'x'.repeat(3000)}`]) {
    it(`finds no route at ${path.slice(0, 20)}`, async () => {
      expectError(await service.call('GET', path), 'EOD_NOT_FOUND', 404);
    });
  }

  it('gets the methods that a route supports', async () => {
    const answer = await service.call('PUT', '/api/processing/schedule', { body: {} });

    expectError(answer, 'EOD_NOT_FOUND', 404);
    expect(answer.headers).to.have.property('allow', 'GET, HEAD, POST');
    expect(answer.body['message']).to.include('PUT');
  });

  it('is refused when its address is malformed', async () => {
    expectError(await service.call('GET', '/api/universes/%E0%A4%A'), 'EOD_REQUEST_INVALID', 400);
    const long = await service.call('GET', `/api/universes/${'x'.repeat(400)}`);
    expectError(long, 'EOD_REQUEST_INVALID', 400);
    expect(long.text).not.to.include('xxxx').and.not.include('send JSON');
  });

  it('gets a 404 for an unknown file of the documentation', async () => {
    const missing = await service.call('GET', '/docs/static/nothing.js');
    const outside = await service.call('GET', '/docs/static/%2e%2e/%2e%2e/package.json');

    for (const answer of [missing, outside]) expectError(answer, 'EOD_NOT_FOUND', 404);
    expect(missing.body['message']).to.equal('there is no /docs/static/nothing.js');
  });

  it('has ten seconds for its headers and its body', () => {
    // Node swaps the two limits when the one for headers is the longer one.
    const { headersTimeout, requestTimeout } = service.server.server;

    expect({ headersTimeout, requestTimeout }).to.deep.equal({ headersTimeout: 10_000, requestTimeout: 10_000 });
  });

  it('gets a 404 or 400 for a name that PostgreSQL cannot store', async () => {
    const universe = await service.call('GET', '/api/universes/a%00b');
    const symbol = await service.call('GET', '/api/symbols/a%00b/universes');

    for (const { status, body } of [universe, symbol]) {
      expect(status).to.be.within(400, 404);
      expect(body).to.include({ success: false });
    }
  });

  it('may have a JSON content type and an empty body', async () => {
    const headers = { 'content-type': 'application/json' };

    const cancel = await service.call('DELETE', '/api/processing/cancel', { headers });
    const trigger = await service.call('POST', TRIGGER, { headers });
    await service.idle();

    expect(cancel.body).to.include({ code: 'EOD_NOT_RUNNING' });
    expect(trigger.body).to.include({ status: 'started' });
  });

  it('never gets the key back', async () => {
    const answers = await Promise.all([
      service.call('GET', '/api/processing/status'),
      service.call('GET', '/nowhere'),
      service.call('POST', TRIGGER, { body: { [KEY.slice(0, 5)]: 1 } }),
    ]);

    for (const { text } of answers) expect(text).not.to.include(KEY);
  });
});
