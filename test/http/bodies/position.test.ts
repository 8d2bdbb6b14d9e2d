import { expect } from 'chai';
import { parseSessionDate, type Phase } from '../../../src/index.js';
import { SESSION, startService } from '../service.js';

/** A phase of 40,000 units that has done all but one, until it is released. */
function almostDone(): { readonly phase: Phase; readonly isEntered: Promise<void> } {
  let enter = (): void => undefined;
  const isEntered = new Promise<void>((resolve) => (enter = resolve));
  const run: Phase['run'] = async ({ progress, signal }) => {
    progress.startTask('work', 'Working', 40_000).advance(39_999, 'the last but one');
    enter();
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    throw signal.reason;
  };
  return { phase: { id: 'almost', title: 'Almost', ordinal: 4, needs: [], run }, isEntered };
}

describe('the position of a run', () => {
  it('is below 100 until all is done, as in the events', async () => {
    const { phase, isEntered } = almostDone();
    const service = await startService({ phases: () => [phase] });
    try {
      await service.pipeline.start({ phases: ['almost'], session: parseSessionDate(SESSION) });
      await isEntered;

      const { body } = await service.call('GET', '/api/processing/status');

      expect(body).to.include({ is_running: true, progress: 99.99 });
    } finally {
      await service.close();
    }
  });
});
