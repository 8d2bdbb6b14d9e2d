import { expect } from 'chai';
import { scanPrices } from '../../src/securities/actions/scan-prices.js';
import { parseSessionDate } from '../../src/core/session.js';
import { SESSION, startService, type TestService } from './service.js';

describe('exceptions over HTTP', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
    await service.runOnce();
    const { database } = service.test;
    await database.pool.query(
      `with before as (
         insert into ohlcv_daily (symbol, date, close, volume) values ('SAA', '2026-06-29', 400, 1000), ('SAB', '2026-06-29', 400, 1000)
       ), today as (
         update ohlcv_daily set close = 100, volume = 4000 where date = '${SESSION}' and symbol in ('SAA', 'SAB')
       )
       update pipeline.source_quote set previous_close = 400 where session = '${SESSION}' and symbol in ('SAA', 'SAB')`,
    );
    await database.transaction(({ client }) =>
      scanPrices(client, parseSessionDate(SESSION), {
        reuseAfterSessions: 60,
        calendar: service.pipeline.calendar,
        at: new Date(),
      }),
    );
  });

  after(() => service.close());

  const list = async (query = '') =>
    (await service.call('GET', `/api/exceptions${query}`)).body['exceptions'] as Record<string, unknown>[];

  it('are listed, decided by the key of the caller, and decided once', async () => {
    const open = await list();
    const [first, second] = open.map(({ id }) => Number(id));
    const approved = await service.call('POST', `/api/exceptions/${first}/approve`, { body: { ratio: '5:1' } });
    const again = await service.call('POST', `/api/exceptions/${first}/reject`);
    const rejected = await service.call('POST', `/api/exceptions/${second}/reject`);

    expect(open.map(({ symbol, reason, proposal }) => [symbol, reason, proposal])).to.deep.equal([
      ['SAA', 'UNADJUSTED', '4:1'],
      ['SAB', 'UNADJUSTED', '4:1'],
    ]);
    expect(approved.body['exception']).to.include({ symbol: 'SAA', state: 'approved' });
    expect([again.status, again.body['code']]).to.deep.equal([409, 'EOD_EXCEPTION_SETTLED']);
    expect(rejected.body['exception']).to.include({ symbol: 'SAB', state: 'rejected' });
    expect(await list()).to.deep.equal([]);
    expect((await list('?state=all&symbol=SAB')).map(({ state }) => state)).to.deep.equal(['rejected']);
    const { body } = await service.call('GET', '/api/securities/SAA');
    expect(body['actions']).to.have.nested.property('[0].new_shares', 5);
  });

  it('refuse what is no ratio, and a number that does not exist', async () => {
    const unknown = await service.call('POST', '/api/exceptions/999/approve');
    const wrong = await service.call('GET', '/api/exceptions?state=closed');

    expect([unknown.status, unknown.body['code']]).to.deep.equal([404, 'EOD_EXCEPTION_UNKNOWN']);
    expect([wrong.status, wrong.body['code']]).to.deep.equal([400, 'EOD_REQUEST_INVALID']);
  });
});
