import { expect } from 'chai';
import { SharedAnswer } from '../../../src/http/answers/shared-answer.js';

/** A query that the test resolves. */
function createQuery() {
  const pending: { resolve: (value: string | null) => void; reject: (error: Error) => void }[] = [];
  const ask = () => new Promise<string | null>((resolve, reject) => pending.push({ resolve, reject }));
  return { ask, pending };
}

describe('an answer shared by many callers', () => {
  it('costs one query at a time, and is reused until it is invalidated', async () => {
    let asked = 0;
    const answer = new SharedAnswer(() => Promise.resolve((asked += 1)), 60_000);

    const together = await Promise.all([answer.get(), answer.get()]);
    const later = await answer.get();
    answer.forget();
    const again = await answer.get();

    expect([...together, later, again]).to.deep.equal([1, 1, 1, 2]);
  });

  it('is queried again when its TTL is over', async () => {
    let asked = 0;
    const answer = new SharedAnswer(() => Promise.resolve((asked += 1)), 20);

    const first = await answer.get();
    await new Promise((resolve) => setTimeout(resolve, 40));

    expect([first, await answer.get()]).to.deep.equal([1, 2]);
  });

  it('may be null, which is reused as well', async () => {
    let asked = 0;
    const answer = new SharedAnswer(() => Promise.resolve((asked += 1) > 1 ? asked : null), 60_000);

    expect([await answer.get(), await answer.get(), asked]).to.deep.equal([null, null, 1]);
  });

  it('fails for every waiting caller, and is queried again', async () => {
    const { ask, pending } = createQuery();
    const answer = new SharedAnswer(ask, 60_000);
    const waiting = [answer.get(), answer.get()].map((each) => each.catch((error: unknown) => error));
    pending[0]?.reject(new Error('no'));

    const failures = await Promise.all(waiting);
    const again = answer.get();
    pending[1]?.resolve('yes');

    expect(failures.map((error) => (error as Error).message)).to.deep.equal(['no', 'no']);
    expect(await again).to.equal('yes');
  });

  it('that was invalidated while it was awaited reaches its callers, and does not replace a newer one', async () => {
    const { ask, pending } = createQuery();
    const answer = new SharedAnswer(ask, 60_000);
    const before = answer.get();
    answer.forget();
    const after = answer.get();
    pending[1]?.resolve('new');

    const fresh = await after;
    pending[0]?.resolve('old');

    expect([fresh, await before, await answer.get()]).to.deep.equal(['new', 'old', 'new']);
    expect(pending).to.have.length(2);
  });

  it('is queried again when a query hangs', async () => {
    const { ask, pending } = createQuery();
    const answer = new SharedAnswer(ask, 60_000, 50);

    const hanging: unknown = await answer.get().catch((error: unknown) => error);
    const again = answer.get();
    pending[1]?.resolve('yes');
    const fresh = await again;
    pending[0]?.resolve('late');

    expect(hanging).to.include({ code: 'EOD_DB_UNAVAILABLE' });
    expect([fresh, await answer.get()]).to.deep.equal(['yes', 'yes']);
  });
});
