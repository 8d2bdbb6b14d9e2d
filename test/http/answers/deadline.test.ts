import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Deadline } from '../../../src/http/answers/deadline.js';

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

describe('the time limit of an answer', () => {
  it('is over when the first of several queries has used it up: the next is not started', async () => {
    const limit = new Deadline(20).shared();
    let isAsked = false;

    const first = await limit.within(() => delay(200, 'late')).catch(codeOf);
    const second = await limit
      .within(() => {
        isAsked = true;
        return Promise.resolve('at once');
      })
      .catch(codeOf);

    expect([first, second]).to.deep.equal(['EOD_DB_UNAVAILABLE', 'EOD_DB_UNAVAILABLE']);
    expect(isAsked).to.equal(false);
  });

  it('gives each query the time left by the earlier ones', async () => {
    const limit = new Deadline(10_000).shared();

    const answers = [await limit.within(() => delay(5, 'first')), await limit.within(() => Promise.resolve('second'))];

    expect(answers).to.deep.equal(['first', 'second']);
  });

  it('aborts the work when it is over', async () => {
    const deadline = new Deadline(10);
    let given: AbortSignal | undefined;

    const code = await deadline
      .within((signal) => {
        given = signal;
        return delay(100);
      })
      .catch(codeOf);

    expect(code).to.equal('EOD_DB_UNAVAILABLE');
    expect(codeOf(given?.reason)).to.equal('EOD_DB_UNAVAILABLE');
  });
});
