import { expect } from 'chai';
import fc from 'fast-check';
import { parseSessionDate } from '../../src/core/session.js';
import { estimateRemainingMs } from '../../src/progress/eta.js';
import type { ProgressEvent, ProgressEventOf } from '../../src/progress/events.js';
import { reduceProgress } from '../../src/progress/model.js';
import type { RunProgress } from '../../src/progress/model.js';

const session = parseSessionDate('2026-06-30');
const at = { runId: 'run', atMs: 0 };
const start: ProgressEventOf<'run-started'> = {
  ...at,
  type: 'run-started',
  session,
  phases: [
    { id: 'import', title: 'Import' },
    { id: 'cache-sync', title: 'Cache sync' },
  ],
};
const begin: ProgressEvent = { ...at, type: 'phase-started', phaseId: 'import' };

describe('the progress model', () => {
  it('counts a phase as the mean of its tasks and a run as the mean of its phases', () => {
    const state = reduceAll([start, begin, task('a', 10), task('b', 4), advance('a', 5), advance('b', 1)]);

    expect(phaseOf(state, 'import').fraction).to.equal(0.375);
    expect(state.fraction).to.equal(0.1875);
  });

  it('takes a finished task, a skipped phase and a completed run as done, whatever was counted', () => {
    const one = reduceAll([start, begin, task('a', 10), advance('a', 3), finishTask('a')]);
    const two = reduceAll([finish('import', 'completed'), finish('cache-sync', 'skipped')], one);
    const three = reduceAll([{ ...at, type: 'run-finished', status: 'completed' }], one);

    expect(phaseOf(one, 'import').tasks[0]).to.include({ done: 10, fraction: 1 });
    expect(two.fraction).to.equal(1);
    expect(three).to.include({ fraction: 1, status: 'completed' });
  });

  it('leaves a failed phase where it stopped', () => {
    const state = reduceAll([start, begin, task('a', 10), advance('a', 3), finish('import', 'failed', 'no such file')]);

    expect(phaseOf(state, 'import')).to.include({ status: 'failed', fraction: 0.3, summary: 'no such file' });
  });

  it('leaves out what is counted beyond the total', () => {
    const state = reduceAll([start, begin, task('a', 10), advance('a', 25)]);

    expect(phaseOf(state, 'import').tasks[0]).to.include({ done: 10, fraction: 1 });
  });

  it('never goes down when a task turns up late or starts again', () => {
    const late = reduceAll([start, begin, task('a', 10), advance('a', 8), task('b', 10), advance('b', 2)]);
    const again = reduceAll([task('a', 10), advance('a', 1)], late);

    expect(phaseOf(late, 'import').fraction).to.equal(0.8);
    expect(phaseOf(again, 'import').fraction).to.equal(0.8);
    expect(phaseOf(again, 'import').tasks[0]?.done).to.equal(8);
  });

  it('continues from what was done when the same run resumes, and from zero with another', () => {
    const before = reduceAll([start, begin, task('a', 10), advance('a', 8), finish('import', 'cancelled')]);

    const resumed = reduceAll([start, begin, task('a', 10), advance('a', 9)], before);
    const other = reduceProgress(before, { ...start, runId: 'other' });

    expect(resumed).to.include({ status: 'running', fraction: 0.45, startFraction: 0.4 });
    expect(phaseOf(resumed, 'import')).to.include({ status: 'running', fraction: 0.9 });
    expect(other).to.include({ runId: 'other', fraction: 0 });
  });

  it('gives the same object back for an event that does not fit', () => {
    const state = reduceAll([start, begin, task('a', 10), finishTask('a')]);
    const ended = reduceAll([{ ...at, type: 'run-finished', status: 'cancelled' }], state);
    const misfits: ProgressEvent[] = [
      { ...advance('a', 1), runId: 'other' },
      advance('a', 1),
      advance('unknown', 1),
      { ...begin, phaseId: 'unknown' },
      { ...at, type: 'task-started', phaseId: 'cache-sync', taskId: 'c', title: 'C', total: 3 },
    ];

    for (const event of misfits) expect(reduceProgress(state, event), event.type).to.equal(state);
    expect(reduceProgress(ended, begin)).to.equal(ended);
    expect(reduceProgress(null, begin)).to.equal(null);
  });

  it('counts a task by its weight, so that a long one does not stand still beside short ones', () => {
    const long: ProgressEvent = {
      ...at,
      type: 'task-started',
      phaseId: 'import',
      taskId: 'b',
      title: 'b',
      total: 10,
      weight: 8,
    };
    const rest = [task('a', 10), long, task('c', 10), advance('a', 10), finishTask('a')];

    const done = reduceAll([start, begin, ...rest]);
    const half = reduceAll([start, begin, ...rest, advance('b', 5)]);
    const odd = reduceAll([start, begin, task('a', 10), { ...long, weight: Number.NaN }, advance('a', 10)]);

    expect(phaseOf(done, 'import').fraction).to.equal(0.1);
    expect(phaseOf(half, 'import').fraction).to.equal(0.5);
    expect(phaseOf(odd, 'import').fraction).to.equal(0.5);
  });

  it('tells the time left from the speed so far', () => {
    const state = reduceAll([start, begin, task('a', 100), { ...advance('a', 25), atMs: 10_000 }]);

    expect(phaseOf(state, 'import').etaMs).to.equal(30_000);
    expect(state.etaMs).to.equal(70_000);
  });

  it('does not count what a resume found done into the speed', () => {
    expect(estimateRemainingMs({ startedAtMs: 0, startFraction: 0.5, fraction: 0.75 }, 4000)).to.equal(4000);
  });

  it('says nothing of the time left in the first second and the first two percent', () => {
    expect(estimateRemainingMs({ startedAtMs: 0, startFraction: 0, fraction: 0.5 }, 999)).to.equal(null);
    expect(estimateRemainingMs({ startedAtMs: 0, startFraction: 0, fraction: 0.019 }, 5000)).to.equal(null);
  });

  it('keeps every fraction within 0 and 1 and rising, whatever events come in whatever order', () => {
    fc.assert(
      fc.property(fc.array(anyEvent(), { maxLength: 80 }), (events) => {
        let state = reduceAll([start, begin]);
        for (const event of events) {
          const next = reduceProgress(state, event) ?? state;
          assertRising(state, next);
          state = next;
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function assertRising(before: RunProgress, after: RunProgress): void {
  const known = new Map(before.phases.map((phase) => [phase.id, phase]));
  const pairs: [number, number][] = [[before.fraction, after.fraction]];
  for (const phase of after.phases) {
    const old = known.get(phase.id);
    pairs.push([old?.fraction ?? 0, phase.fraction]);
    for (const each of phase.tasks) {
      const oldTask = old?.tasks.find((task) => task.id === each.id);
      pairs.push([oldTask?.fraction ?? 0, each.fraction]);
      expect(each.done).to.be.within(0, each.total);
    }
  }
  for (const [from, to] of pairs) expect(to).to.be.within(from, 1);
  if (after.etaMs !== null) expect(after.etaMs).to.be.at.least(0);
}

function anyEvent(): fc.Arbitrary<ProgressEvent> {
  const phaseId = fc.constantFrom('import', 'import', 'import', 'cache-sync', 'unknown');
  const taskId = fc.constantFrom('a', 'b', 'c');
  const common = { runId: fc.constantFrom('run', 'run', 'run', 'other'), atMs: fc.nat(100_000) };
  const amount = fc.oneof({ arbitrary: fc.integer({ min: 1, max: 20 }), weight: 8 }, fc.integer(), fc.double());
  const restart = fc.constantFrom<ProgressEvent>(start, { ...start, phases: start.phases.slice(0, 1) });
  const finished = fc.constantFrom('completed', 'failed', 'cancelled', 'skipped');
  const make = <Fields>(model: { [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> }): fc.Arbitrary<Fields> =>
    fc.record(model);
  return fc.oneof(
    { arbitrary: restart, weight: 3 },
    { arbitrary: make({ ...common, type: fc.constant('phase-started' as const), phaseId }), weight: 4 },
    {
      arbitrary: make({
        ...common,
        type: fc.constant('task-started' as const),
        phaseId,
        taskId,
        title: taskId,
        total: amount,
      }),
      weight: 6,
    },
    {
      arbitrary: make({ ...common, type: fc.constant('task-advanced' as const), phaseId, taskId, units: amount }),
      weight: 12,
    },
    { arbitrary: make({ ...common, type: fc.constant('task-finished' as const), phaseId, taskId }), weight: 2 },
    {
      arbitrary: make({ ...common, type: fc.constant('phase-finished' as const), phaseId, status: finished }),
      weight: 2,
    },
  );
}

function reduceAll(events: readonly ProgressEvent[], from: RunProgress | null = null): RunProgress {
  const state = events.reduce(reduceProgress, from);
  if (state === null) throw new Error('no run was started');
  return state;
}

function phaseOf(state: RunProgress, id: string): RunProgress['phases'][number] {
  const phase = state.phases.find((each) => each.id === id);
  if (phase === undefined) throw new Error(`no phase ${id}`);
  return phase;
}

function task(taskId: string, total: number): ProgressEvent {
  return { ...at, type: 'task-started', phaseId: 'import', taskId, title: taskId, total };
}

function advance(taskId: string, units: number): ProgressEvent {
  return { ...at, type: 'task-advanced', phaseId: 'import', taskId, units };
}

function finishTask(taskId: string): ProgressEvent {
  return { ...at, type: 'task-finished', phaseId: 'import', taskId };
}

function finish(
  phaseId: string,
  status: 'completed' | 'failed' | 'cancelled' | 'skipped',
  summary?: string,
): ProgressEvent {
  return { ...at, type: 'phase-finished', phaseId, status, ...(summary && { summary }) };
}
