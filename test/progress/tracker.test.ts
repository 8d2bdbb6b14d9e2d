import { expect } from 'chai';
import { parseSessionDate } from '../../src/core/session.js';
import { ProgressTracker } from '../../src/progress/tracker.js';

const clock = { now: (): number => 1_000 };
const run = {
  runId: 'first',
  session: parseSessionDate('2026-06-30'),
  phases: [
    { id: 'import', title: 'Import' },
    { id: 'cache-sync', title: 'Cache sync' },
  ],
};

describe('the progress tracker', () => {
  it('passes on every event with the state after it', () => {
    const tracker = new ProgressTracker(clock);
    const seen: unknown[] = [];
    tracker.subscribe((event, snapshot) => void seen.push([event.type, event.atMs, snapshot.fraction]));

    tracker.startRun(run);
    const task = tracker.startPhase('import').startTask('load', 'Load bars', 4);
    task.advance(1, 'AAPL');
    task.finish();
    tracker.finishPhase('import', 'completed', '4 rows');
    tracker.finishPhase('cache-sync', 'skipped');
    tracker.finishRun('completed');

    expect(seen).to.deep.equal([
      ['run-started', 1000, 0],
      ['phase-started', 1000, 0],
      ['task-started', 1000, 0],
      ['task-advanced', 1000, 0.125],
      ['task-finished', 1000, 0.5],
      ['phase-finished', 1000, 0.5],
      ['phase-finished', 1000, 1],
      ['run-finished', 1000, 1],
    ]);
    expect(tracker.snapshot()?.phases[0]).to.deep.include({ status: 'completed', summary: '4 rows' });
  });

  it('follows one run after another and drops what an older one still reports', () => {
    const tracker = new ProgressTracker(clock);
    tracker.startRun(run);
    const old = tracker.startPhase('import').startTask('load', 'Load bars', 4);
    tracker.finishRun('cancelled');

    tracker.startRun({ ...run, runId: 'second' });
    tracker.startPhase('import').startTask('load', 'Load bars', 4);
    old.advance(3);

    expect(tracker.snapshot()).to.include({ runId: 'second', status: 'running', fraction: 0 });
  });

  it('carries on when a subscriber throws or rejects, and reports it', async () => {
    const tracker = new ProgressTracker(clock);
    const errors: unknown[] = [];
    const seen: string[] = [];
    tracker.onSubscriberError((error, event) => void errors.push([error, event.type]));
    tracker.subscribe(() => {
      throw new Error('thrown');
    });
    tracker.subscribe(() => Promise.reject(new Error('rejected')));
    tracker.subscribe((event) => void seen.push(event.type));

    tracker.startRun(run);
    await Promise.resolve();
    await Promise.resolve();

    expect(seen).to.deep.equal(['run-started']);
    expect(String(errors)).to.equal('Error: thrown,run-started,Error: rejected,run-started');
  });

  it('carries on when even the listener for errors throws', () => {
    const tracker = new ProgressTracker(clock);
    tracker.onSubscriberError(() => {
      throw new Error('again');
    });
    tracker.subscribe(() => {
      throw new Error('thrown');
    });

    tracker.startRun(run);

    expect(tracker.snapshot()?.runId).to.equal('first');
  });

  it('calls nobody back who has unsubscribed', () => {
    const tracker = new ProgressTracker(clock);
    const seen: string[] = [];
    const unsubscribe = tracker.subscribe((event) => void seen.push(event.type));

    tracker.startRun(run);
    unsubscribe();
    tracker.finishRun('completed');

    expect(seen).to.deep.equal(['run-started']);
  });
});
