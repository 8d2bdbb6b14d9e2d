import { expect } from 'chai';
import { SESSION, startService, type TestService } from './service.js';

const TOMORROW = { date: '2026-07-01', kind: 'closed', reason: 'day of mourning' };

describe('the calendar over HTTP', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
    await service.runOnce();
  });

  after(() => service.close());

  it('takes an announcement, lists it with who made it, and takes it back', async () => {
    const announced = await service.call('POST', '/api/calendar', { body: TOMORROW });
    const listed = await service.call('GET', '/api/calendar');
    const isSession = service.pipeline.calendar.isSession('2026-07-01' as never);
    const withdrawn = await service.call('DELETE', '/api/calendar/2026-07-01');

    expect([announced.status, listed.status, withdrawn.status]).to.deep.equal([200, 200, 200]);
    const [day] = listed.body['days'] as Record<string, unknown>[];
    expect(day).to.include(TOMORROW);
    expect(day?.['announced_by']).to.match(/^http key [0-9a-f]{8}$/);
    expect(isSession).to.equal(false);
    expect(withdrawn.body).to.deep.equal({ days: [] });
    expect(service.pipeline.calendar.isSession('2026-07-01' as never)).to.equal(true);
  });

  it('refuses a day that is published, with 409', async () => {
    const { status, body } = await service.call('POST', '/api/calendar', { body: { ...TOMORROW, date: SESSION } });

    expect(status).to.equal(409);
    expect(body).to.include({ success: false, code: 'EOD_SESSION_NOT_NEWEST' });
    expect(body['hint']).to.include('calendar.yaml');
  });

  for (const wrong of [
    { ...TOMORROW, kind: 'half' },
    { ...TOMORROW, reason: '' },
    { ...TOMORROW, date: 'tomorrow' },
    {},
  ]) {
    it(`refuses ${JSON.stringify(wrong)} with every problem`, async () => {
      const { status, body } = await service.call('POST', '/api/calendar', { body: wrong });

      expect(status).to.equal(400);
      expect(body['code']).to.equal('EOD_REQUEST_INVALID');
    });
  }
});
