import { expect } from 'chai';
import { startService, type TestService } from './service.js';

const ROUTE = '/api/processing/schedule';

describe('a change of the schedule over HTTP', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
  });

  after(() => service.close());

  it('is refused with the path of every problem, in the words of the library', async () => {
    const names = Array.from({ length: 101 }, (_, index) => `list_${index}`);

    const wrong = await service.call('POST', ROUTE, {
      body: { enabled: 'yes', trigger_time: '24:00', market_check: null, universes: ['', 7], zone: 'UTC' },
    });
    const tooMany = await service.call('POST', ROUTE, { body: { universes: names } });
    const tooLong = await service.call('POST', ROUTE, { body: { universes: ['x'.repeat(101)] } });

    const time = 'a time of day in New York, HH:MM from 00:00 to 23:59';
    expect([wrong.status, tooMany.status, tooLong.status]).to.deep.equal([400, 400, 400]);
    expect(wrong.body['problems']).to.have.deep.members([
      { path: 'body.enabled', message: 'is "yes"; allowed: true or false' },
      { path: 'body.trigger_time', message: `is "24:00"; allowed: ${time}` },
      { path: 'body.market_check', message: 'is null; allowed: true or false' },
      { path: 'body.universes[0]', message: 'is ""; allowed: text without control characters' },
      { path: 'body.universes[1]', message: 'is 7; allowed: text' },
      { path: 'body.zone', message: 'is not a known field' },
    ]);
    expect(tooMany.body['problems']).to.have.length(1);
    expect(tooMany.body['problems']).to.have.nested.property('[0].path', 'body.universes');
    expect(tooMany.body['problems']).to.have.nested.property('[0].message').that.includes('allowed: at most 100 names');
    expect(tooLong.body['problems']).to.have.nested.property('[0].path', 'body.universes[0]');
  });

  it('accepts what the library accepts: 100 names of 100 characters', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(100, 'x'));

    const { status, body } = await service.call('POST', ROUTE, { body: { universes: names } });

    expect(status, JSON.stringify(body)).to.equal(200);
    expect(body['universes']).to.deep.equal(names);
  });

  it('is described with its limits', async () => {
    const { body } = await service.call('GET', '/docs/json');

    const described = JSON.stringify((body['paths'] as Record<string, { post: object }>)[ROUTE]?.post);
    expect(described).to.include('HH:MM, New York').and.include('"maxItems":100').and.include('"maxLength":100');
  });
});
