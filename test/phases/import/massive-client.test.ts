import { expect } from 'chai';
import { MassiveClient } from '../../../phases/import/massive/client.js';
import { loadConfig } from '../../../src/config/load.js';
import type { PipelineError } from '../../../src/core/errors.js';
import { MASSIVE_KEY, MassiveServer, sendJson, toTickerRow } from '../../support/massive-server.js';

const TICKERS = '/v3/reference/tickers';
const DETAILS = `${TICKERS}/AAPL`;

describe('the client of Massive', () => {
  let server: MassiveServer;
  let url: string;
  const { signal } = new AbortController();

  beforeEach(async () => {
    server = new MassiveServer({
      bars: {},
      tickers: ['AAPL', 'MSFT', 'NVDA', 'BRK.B', 'F'].map((ticker) => toTickerRow(ticker)),
      details: { AAPL: { ticker: 'AAPL', sic_code: '3571' } },
    });
    url = await server.start();
  });

  afterEach(() => server.stop());

  const connect = (massive: object = {}) => {
    const { config } = loadConfig({ options: { import: { massive: { apiKey: MASSIVE_KEY, url, ...massive } } } });
    return new MassiveClient(config.import.massive, 1);
  };
  const read = async (client: MassiveClient): Promise<unknown[]> => {
    const tickers: unknown[] = [];
    for await (const row of client.pages(TICKERS, { active: true }, signal)) {
      tickers.push((row as { ticker: string }).ticker);
    }
    return tickers;
  };
  const fail = (work: Promise<unknown>): Promise<PipelineError> =>
    work.then(
      () => {
        throw new Error('it succeeded');
      },
      (error: unknown) => error as PipelineError,
    );

  it('reads all pages from the configured address, whatever address they name, and sends its key nowhere else', async () => {
    server.pageSize = 2;

    const tickers = await read(connect());

    expect(tickers).to.deep.equal(['AAPL', 'MSFT', 'NVDA', 'BRK.B', 'F']);
    expect(server.requests).to.deep.equal([
      `${TICKERS}?active=true`,
      `${TICKERS}?active=true&cursor=2`,
      `${TICKERS}?active=true&cursor=4`,
    ]);
    expect(new Set(server.keys)).to.deep.equal(new Set([`Bearer ${MASSIVE_KEY}`]));
  });

  it('stops at pages that lead back to one that was read', async () => {
    const loop = () =>
      server.failOnce(/tickers$/, (response) =>
        sendJson(response, 200, { results: [], next_url: `https://api.massive.com${TICKERS}?active=true&cursor=7` }),
      );
    loop();
    loop();

    const refusal = await fail(read(connect()));

    expect(refusal).to.include({ code: 'EOD_SOURCE_INVALID' });
    expect(refusal.message).to.contain('lead back to one that was read');
  });

  for (const [failure, answer] of Object.entries({
    'a server error': (response) => void response.writeHead(500).end('oops'),
    'a gateway error in HTML': (response) =>
      void response.writeHead(502, { 'content-type': 'text/html' }).end('<html>'),
    'HTML instead of JSON': (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    'an answer that is cut short': (response) => void response.writeHead(200).end('{"results":{"ticker":"AA'),
    'a connection that is cut': (response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"results":');
      setTimeout(() => response.destroy(), 5);
    },
    'too many calls': (response) => sendJson(response, 429, { status: 'ERROR' }, { 'retry-after': '0' }),
  } satisfies Record<string, Parameters<MassiveServer['failOnce']>[1]>)) {
    it(`tries again after ${failure}`, async () => {
      server.failOnce(/AAPL/, answer);

      const details = await connect().get(DETAILS, {}, signal);

      expect(details).to.deep.equal({ ticker: 'AAPL', sic_code: '3571' });
      expect(server.requests).to.have.lengthOf(2);
    });
  }

  it('waits as long as the server asks', async () => {
    server.failOnce(/AAPL/, (response) => sendJson(response, 429, {}, { 'retry-after': '1' }));
    const began = performance.now();

    await connect().get(DETAILS, {}, signal);

    expect(performance.now() - began).to.be.at.least(990);
  });

  it('does not wait for longer than a minute', async () => {
    server.failOnce(/AAPL/, (response) => sendJson(response, 429, {}, { 'retry-after': '3600' }));

    const refusal = await fail(connect().get(DETAILS, {}, signal));

    expect(refusal).to.include({ code: 'EOD_SOURCE_MISSING' });
    expect(refusal.message).to.contain('no more calls for now (429)');
    expect(refusal.hint).to.contain('callsPerMinute');
  });

  it('gives up after some attempts, and can be run again', async () => {
    for (let attempt = 0; attempt < 10; attempt += 1)
      server.failOnce(/AAPL/, (response) => void response.writeHead(503).end());

    const refusal = await fail(connect().get(DETAILS, {}, signal));

    expect(refusal).to.include({ code: 'EOD_SOURCE_MISSING' });
    expect(refusal.message).to.equal(`Massive: ${DETAILS}: the API answered 503`);
    expect(server.requests).to.have.lengthOf(6);
  });

  it('says where nothing listens', async () => {
    await server.stop();

    const refusal = await fail(connect().get(DETAILS, {}, signal));

    expect(refusal.message).to.contain('ECONNREFUSED');
    expect(refusal.hint).to.contain(url);
    await server.start();
  });

  it('does not repeat its key when that is refused, nor another attempt', async () => {
    const refusal = await fail(connect({ apiKey: 'an-expired-key' }).get(DETAILS, {}, signal));

    expect(refusal).to.include({ code: 'EOD_SOURCE_INVALID' });
    expect(refusal.message).to.equal('Massive: the API refuses the key (401): Unknown API Key');
    expect(refusal.hint).to.contain('MASSIVE_API_KEY');
    expect(JSON.stringify([refusal, refusal.message, refusal.stack])).not.to.contain('an-expired-key');
    expect(server.requests).to.have.lengthOf(1);
  });

  it('says what the plan does not include', async () => {
    const message = 'You are not entitled to this data. Please upgrade your plan';
    server.failOnce(/AAPL/, (response) => sendJson(response, 403, { status: 'NOT_AUTHORIZED', message }));

    const refusal = await fail(connect().get(DETAILS, {}, signal));

    expect(refusal.message).to.equal(`Massive: the API does not allow ${DETAILS} (403): ${message}`);
  });

  it('follows no redirect: the key would go along', async () => {
    for (let attempt = 0; attempt < 6; attempt += 1)
      server.failOnce(/AAPL/, (response) => void response.writeHead(302, { location: 'https://example.com/' }).end());

    const refusal = await fail(connect().get(DETAILS, {}, signal));

    expect(refusal.message).to.contain('redirect');
  });

  it('finds nothing under a ticker without details', async () => {
    expect(await connect().get(`${TICKERS}/NONE`, {}, signal)).to.equal(null);
  });

  it('makes no more calls a minute than the plan allows', async () => {
    const client = connect({ callsPerMinute: 2 });
    const aborted = AbortSignal.timeout(150);

    const outcomes = await Promise.allSettled(
      ['AAPL', 'AAPL', 'AAPL'].map((ticker) => client.get(`${TICKERS}/${ticker}`, {}, aborted)),
    );

    expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'fulfilled', 'rejected']);
    client.close();
    expect(server.requests).to.have.lengthOf(2);
  });

  it('asks for a key, and sends one without TLS to this machine only', async () => {
    const { config } = loadConfig({});
    const refusal = await fail(new MassiveClient(config.import.massive).get(DETAILS, {}, signal));

    expect(refusal).to.include({ code: 'EOD_SOURCE_MISSING' });
    expect(refusal.hint).to.contain('MASSIVE_API_KEY');
    for (const address of ['http://api.massive.com', 'ftp://x', 'https://user:pass@api.massive.com', 'massive']) {
      expect(() => connect({ url: address }), address).to.throw(/https/);
    }
  });
});
