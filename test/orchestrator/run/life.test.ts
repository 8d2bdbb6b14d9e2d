import { expect } from 'chai';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { PipelineError } from '../../../src/core/errors.js';
import type { PhaseReport } from '../../../src/core/phase.js';
import { RunStore, type OwnedRun } from '../../../src/orchestrator/run/run-store.js';
import {
  PHASE_TRANSITIONS,
  RUN_TRANSITIONS,
  type PhaseEvent,
  type PhaseStatus,
  type RunEvent,
  type RunStatus,
} from '../../../src/orchestrator/run/transitions.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY } from '../../support/market.js';
import { nextFence } from '../../support/next-fence.js';
import { hostPhase } from '../host-phase.js';

const AT = new Date('2026-06-22T21:00:00Z');
const PHASES = ['first', 'second'] as const;
type PhaseId = (typeof PHASES)[number];

/** What a run should be: the transition tables, applied. */
interface Model {
  run: RunStatus;
  /** Which of the fences that were given out is the newest. */
  fence: number;
  phases: Record<PhaseId, PhaseStatus>;
  cancelledBy: string | null;
  takeovers: number;
}

/** The real store, with every fence that was given out. */
interface Real {
  readonly test: TestDatabase;
  readonly store: RunStore;
  readonly runId: string;
  readonly fences: string[];
}

type Command = fc.AsyncCommand<Model, Real>;

const report = (held: boolean): PhaseReport => ({
  summary: '',
  changed: true,
  held,
  counters: {},
  warnings: [],
  details: {},
});
const OUTCOME = { counters: {}, totals: { symbolsProcessed: 0, symbolsFailed: 0, indicatorsCalculated: 0 } };

describe('the life of a run', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  after(async () => {
    await test.drop();
  });

  it('follows the transitions, whatever happens in whatever order, by its owner and by former ones', async () => {
    const phase = fc.constantFrom(...PHASES);
    /** How many owners ago. */
    const owner = fc.constantFrom(0, 0, 0, 1, 2);
    const commands = [
      fc
        .tuple(
          phase,
          owner,
          fc.constantFrom('start', 'complete', 'completeHeld', 'fail', 'cancel') as fc.Arbitrary<PhaseEvent>,
        )
        .map((it) => new ToPhase(...it)),
      fc
        .tuple(
          owner,
          fc.constantFrom('finish', 'finishHeld', 'finishFailed', 'finishCancelled') as fc.Arbitrary<RunEvent>,
        )
        .map((it) => new Finish(...it)),
      fc.constant(new TakeOver()),
      fc.constant(new Abandon()),
      fc.constantFrom('ann', 'ben').map((by) => new RequestCancel(by)),
    ];
    await fc.assert(
      fc.asyncProperty(fc.commands<Model, Real, false>(commands, { maxCommands: 14 }), async (steps) => {
        await test.database.pool.query('delete from pipeline.run; delete from pipeline.outbox');
        const real = await startRun(test);
        const model: Model = {
          run: 'running',
          fence: 0,
          phases: { first: 'pending', second: 'pending' },
          cancelledBy: null,
          takeovers: 0,
        };
        await fc.asyncModelRun(() => ({ model, real }), steps);
      }),
      { numRuns: 80 },
    );
  });
});

async function startRun(test: TestDatabase): Promise<Real> {
  const [id, fence] = [randomUUID(), await nextFence(test.database)];
  const store = new RunStore(test.database);
  await store.start(
    {
      id,
      fence,
      session: MONDAY,
      trigger: 'manual',
      mode: 'full',
      force: false,
      recompute: false,
      owner: 'test',
      phases: PHASES.map((phase, ordinal) => hostPhase(test.database, phase, { ordinal })),
      configHash: 'test',
      codeVersion: 'test',
      input: '',
    },
    AT,
  );
  return { test, store, runId: id, fences: [fence] };
}

abstract class Step implements Command {
  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.apply(model, real);
    const { rows } = await real.test.database.pool.query<{
      run: RunStatus;
      by: string | null;
      takeovers: number;
      phases: PhaseStatus[];
      ends: number;
    }>(
      `select r.status as run, r.cancelled_by as by, r.takeovers,
              array(select p.status from pipeline.phase_run p where p.run_id = r.id order by p.ordinal) as phases,
              (select count(*)::int from pipeline.outbox where body ->> 'event' = 'end') as ends
       from pipeline.run r`,
    );
    expect(rows, String(this)).to.deep.equal([
      {
        run: model.run,
        by: model.cancelledBy,
        takeovers: model.takeovers,
        phases: PHASES.map((phase) => model.phases[phase]),
        ends: model.run === 'running' ? 0 : 1,
      },
    ]);
  }

  abstract apply(model: Model, real: Real): Promise<void>;
  abstract toString(): string;

  /** The run as one of its owners knows it. */
  protected ownedBy({ runId, fences }: Real, ago: number): { readonly run: OwnedRun; readonly isOwner: boolean } {
    return { run: { id: runId, fence: fences.at(-1 - ago) ?? '0' }, isOwner: ago === 0 };
  }
}

const END = [{ event: 'end', channels: ['test'], source: 'test', payload: {} }];

class ToPhase extends Step {
  constructor(
    private readonly phase: PhaseId,
    private readonly ago: number,
    private readonly event: PhaseEvent,
  ) {
    super();
  }

  async apply(model: Model, real: Real): Promise<void> {
    const { run, isOwner } = this.ownedBy(real, this.ago);
    const next = PHASE_TRANSITIONS[model.phases[this.phase]][this.event];
    const refusal: unknown = await this.tell(real, run).then(
      () => undefined,
      (error: unknown) => error,
    );
    const isLate = model.run !== 'running' || !isOwner;
    if (isLate) expect(refusal, String(this)).to.include({ code: 'EOD_FENCED' });
    else if (next !== null) model.phases[this.phase] = next;
  }

  private tell({ store, test }: Real, run: OwnedRun): Promise<void> {
    if (this.event === 'start') return store.startPhase(run, this.phase, AT);
    if (this.event === 'fail') return store.failPhase(run, this.phase, new PipelineError('EOD_PHASE_FAILED', 'no'), AT);
    if (this.event === 'cancel') return store.failPhase(run, this.phase, new PipelineError('EOD_CANCELLED', 'no'), AT);
    const held = this.event === 'completeHeld';
    return test.database.transaction(({ client }) => store.completePhase(client, run, this.phase, report(held), AT));
  }

  toString(): string {
    return `${this.event} ${this.phase} by owner ${this.ago} ago`;
  }
}

const FINISHED = {
  finish: 'completed',
  finishHeld: 'completed_with_holds',
  finishFailed: 'failed',
  finishCancelled: 'cancelled',
} as const;

class Finish extends Step {
  constructor(
    private readonly ago: number,
    private readonly event: RunEvent,
  ) {
    super();
  }

  async apply(model: Model, real: Real): Promise<void> {
    const { run, isOwner } = this.ownedBy(real, this.ago);
    await real.store.finish(run, FINISHED[this.event as keyof typeof FINISHED], AT, OUTCOME, END);
    const next = RUN_TRANSITIONS[model.run][this.event];
    if (next === null || !isOwner) return;
    model.run = next;
    for (const phase of PHASES) model.phases[phase] = PHASE_TRANSITIONS[model.phases[phase]].end ?? model.phases[phase];
  }

  toString(): string {
    return `${this.event} by owner ${this.ago} ago`;
  }
}

class TakeOver extends Step {
  async apply(model: Model, real: Real): Promise<void> {
    const fence = await nextFence(real.test.database);
    const taken = await real.store.takeOver({ fence, owner: 'other', configHash: 'test', input: '' });
    const statuses = PHASES.map((phase) => model.phases[phase]);
    const isOpen = statuses.some((status) => status === 'pending' || status === 'running');
    const isBroken = statuses.some((status) => status === 'failed' || status === 'cancelled');
    const mayResume =
      RUN_TRANSITIONS[model.run].takeOver !== null &&
      isOpen &&
      !isBroken &&
      model.takeovers < 2 &&
      model.cancelledBy === null;
    expect(taken !== undefined, String(this)).to.equal(mayResume);
    if (!mayResume) return;
    real.fences.push(fence);
    model.takeovers += 1;
    for (const phase of PHASES)
      model.phases[phase] = PHASE_TRANSITIONS[model.phases[phase]].takeOver ?? model.phases[phase];
    expect(taken?.completed.map(({ id }) => id)).to.deep.equal(
      PHASES.filter((phase) => model.phases[phase].startsWith('completed')),
    );
  }

  toString(): string {
    return 'take over';
  }
}

class Abandon extends Step {
  async apply(model: Model, real: Real): Promise<void> {
    const ended = await real.store.markInterrupted(AT, () => END);
    const next = RUN_TRANSITIONS[model.run].abandon;
    expect(ended, String(this)).to.equal(next === null ? 0 : 1);
    if (next === null) return;
    const statuses = PHASES.map((phase) => model.phases[phase]);
    const isDone = statuses.every((status) => status.startsWith('completed'));
    const isHeld = statuses.includes('completed_with_holds');
    const failed = model.takeovers >= 2 ? 'failed' : next;
    model.run = isDone
      ? isHeld
        ? 'completed_with_holds'
        : 'completed'
      : model.cancelledBy === null
        ? failed
        : 'cancelled';
    // Phases that had not ended have the status of the run.
    for (const phase of PHASES)
      if (PHASE_TRANSITIONS[model.phases[phase]].abandon !== null) model.phases[phase] = model.run;
  }

  toString(): string {
    return 'abandon';
  }
}

class RequestCancel extends Step {
  constructor(private readonly by: string) {
    super();
  }

  async apply(model: Model, real: Real): Promise<void> {
    const asked = await real.store.requestCancel(this.by);
    const has = RUN_TRANSITIONS[model.run].requestCancel !== null;
    expect(asked, String(this)).to.equal(has ? real.runId : undefined);
    if (has) model.cancelledBy ??= this.by;
  }

  toString(): string {
    return `cancel asked by ${this.by}`;
  }
}
