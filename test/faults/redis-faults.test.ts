import { expect } from 'chai';
import { RandomStream } from '../../phases/import/sample-market/random.js';
import { skipWithoutRedis } from '../support/redis.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { groupByRun, readCommitted, readStream, withoutRepetitions, type FoundEvent } from './delivered.js';
import { TroubledRuns } from './troubled-runs.js';
import { UnrulyRedis } from './unruly-redis.js';

const RUNS = Number(process.env['FAULT_RUNS'] ?? 20);
/** The moments themselves also depend on the machine: the same seed makes the same choices, not the same outcome. */
const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);

describe(`${RUNS} runs while Redis is killed, restarted, paused and full at random moments (FAULT_SEED=${SEED})`, function () {
  this.timeout(60_000 + RUNS * 3000);
  let test: TestDatabase;
  let unruly: UnrulyRedis;
  let runs: TroubledRuns;
  let committed: readonly FoundEvent[];
  let streamed: readonly FoundEvent[];
  let delivered: readonly FoundEvent[];
  let seconds: number;

  before(function () {
    skipWithoutRedis(this);
  });

  before(async () => {
    const startedAt = performance.now();
    test = await createTestDatabase();
    unruly = await UnrulyRedis.start(new RandomStream(SEED));
    runs = new TroubledRuns(test, unruly, new RandomStream(SEED + 1));
    unruly.begin();
    await runs.make(RUNS);
    await unruly.settle();
    await runs.settle();
    committed = await readCommitted(test.database);
    streamed = await readStream(unruly.redis);
    delivered = withoutRepetitions(streamed);
    seconds = (performance.now() - startedAt) / 1000;
  });

  after(async () => {
    await runs?.stop();
    await unruly?.stop();
    await test?.drop();
  });

  it('brings every committed event into the stream, and nothing else', function () {
    const missing = difference(committed, delivered);
    const unknown = difference(delivered, committed);

    expect({ missing, unknown }).to.deep.equal({ missing: [], unknown: [] });
    expect(committed.map(({ event }) => event)).to.include.members(['universe_updated', 'schedule_updated']);
    if (process.env['FAULT_RUNS'] !== undefined && this.test) this.test.title += ` (${summarize()})`;
  });

  it('keeps the order and the words, and leaves no gap within a run, repetitions apart', () => {
    const inOrder = groupByRun(committed);

    for (const [runId, events] of groupByRun(delivered)) {
      expect(events, runId).to.deep.equal(inOrder.get(runId));
      expect(events.map(toSequence), runId).to.deep.equal(events.map((_, index) => (runId === '' ? 0 : index + 1)));
    }
  });

  it('tells the end of every run once, last, and after its error when it failed', async () => {
    const { rows } = await test.database.pool.query<{ id: string; status: string }>(
      'select id, status from pipeline.run',
    );
    const byRun = groupByRun(delivered);

    for (const { id, status } of rows) {
      const told = (byRun.get(id) ?? []).map(({ event }) => event);
      const isFailed = status === 'failed' || status === 'interrupted';
      expect(told.at(-1), status).to.equal('daily_processing_completed');
      expect(told.at(-2) === 'processing_error', status).to.equal(isFailed);
      expect(told.filter((event) => event === 'daily_processing_completed')).to.have.length(1);
      expect(told.filter((event) => event === 'processing_error')).to.have.length(isFailed ? 1 : 0);
    }
    expect(rows.map(({ id }) => id).sort()).to.deep.equal([...byRun.keys()].filter(Boolean).sort());
  });

  it('leaves no event and no run waiting', async () => {
    expect(await runs.countUnsettled()).to.equal(0);
  });

  it('lets each run end as it would with Redis, and none speak of it', async () => {
    const { rows } = await test.database.pool.query<{ id: string; status: string; error: string | null }>(
      `select id, replace(status, '_with_holds', '') as status, error::text as error from pipeline.run`,
    );
    const stored = new Map(rows.map((row) => [row.id, row.status]));

    for (const { runId, meant, told, error } of runs.made) {
      expect(stored.get(runId), error).to.equal(meant);
      if (told !== undefined) expect(told.replace('_with_holds', ''), error).to.equal(meant);
    }
    expect(runs.made).to.have.length(RUNS);
    expect(rows).to.have.length(RUNS);
    expect(rows.filter(({ error }) => /redis/i.test(error ?? ''))).to.deep.equal([]);
  });

  it('has met Redis failing', () => {
    expect(unruly.counts.killed).to.be.above(0);
  });

  function summarize(): string {
    const { killed, restarted, paused, full } = unruly.counts;
    const faults = `${killed} times killed, ${restarted} restarted, ${paused} paused, ${full} full`;
    const repeated = streamed.length - delivered.length;
    return `${runs.made.length} runs, Redis ${faults}; ${committed.length} events, ${repeated} repeated, ${seconds.toFixed(0)} s`;
  }
});

const toSequence = ({ sequence }: FoundEvent): number => sequence;

/** Ids of the events that only the first list has, with what they are. */
function difference(events: readonly FoundEvent[], others: readonly FoundEvent[]): string[] {
  const known = new Set(others.map(({ eventId }) => eventId));
  return events
    .filter(({ eventId }) => !known.has(eventId))
    .map(({ eventId, runId, sequence, event }) => `${eventId} ${event} (${sequence} of run ${runId})`);
}
