import { expect } from 'chai';
import fc from 'fast-check';
import { PipelineError } from '../../../src/core/errors.js';
import {
  SLOT_TRANSITIONS,
  type SlotEvent,
  type SlotStatus,
} from '../../../src/orchestrator/schedule/slot-transitions.js';
import { SlotStore, type ClaimedSlot } from '../../../src/orchestrator/schedule/slot-store.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY, TUESDAY } from '../../support/market.js';
import { policy } from './scheduler-fixture.js';

/** Longer than most histories take. */
const PATIENT = { ...policy, waitMs: 2 * 3_600_000 };

const DUE_MS = Date.parse('2026-06-22T20:10:00Z');
const MINUTE_MS = 60_000;

/** What may happen, and which events of the table it can be. */
const ACTIONS = {
  claim: ['claim', 'skip', 'miss'],
  'claim, passed over': ['miss', 'skip'],
  'record the run': ['start'],
  'run cannot start': ['release', 'miss'],
  'run is invalid': ['miss'],
  'run ends': ['complete', 'release', 'miss'],
  'look for what is over': ['miss'],
} as const satisfies Record<string, readonly SlotEvent[]>;
type Action = keyof typeof ACTIONS;

describe('the life of a slot', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  after(() => test.drop());

  const query = async <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await test.database.pool.query<Row>(text, values)).rows;
  const readStatus = async (): Promise<SlotStatus | null> =>
    (await query<{ state: SlotStatus }>('select state from pipeline.slot where session = $1', [MONDAY]))[0]?.state ??
    null;

  /** A run of the session, as the store would find it. */
  async function recordRun(status: string, code?: string): Promise<string> {
    const [run] = await query<{ id: string }>(
      `insert into pipeline.run (id, session, trigger, mode, force, phases, status, started_at, error)
       values (gen_random_uuid(), $1, 'automatic', 'full', false, '{daily}', $2, now(), $3) returning id`,
      [MONDAY, status, code === undefined ? null : JSON.stringify({ code, retryable: true })],
    );
    return run?.id ?? '';
  }

  async function perform(slots: SlotStore, action: Action, held: ClaimedSlot[], nowMs: number): Promise<void> {
    const moment = { session: MONDAY, atMs: DUE_MS };
    if (action === 'claim' || action === 'claim, passed over') {
      const claimed = await slots.claim(moment, nowMs, action === 'claim' ? null : 'a later session was due');
      if (claimed && !('state' in claimed)) held.push(claimed);
    } else if (action === 'record the run') {
      if (held.length > 0) await slots.assign(MONDAY, await recordRun('running'), new Date(nowMs));
    } else if (action === 'run cannot start' || action === 'run is invalid') {
      const code = action === 'run is invalid' ? 'EOD_PHASE_NEEDS' : 'EOD_SOURCE_MISSING';
      const slot = held.pop();
      if (slot) await slots.release(slot, new PipelineError(code, 'refused'), nowMs);
    } else if (action === 'run ends') {
      const [status, code] =
        nowMs % 3 === 0 ? ['completed'] : nowMs % 3 === 1 ? ['failed', 'EOD_DB_FULL'] : ['cancelled', 'EOD_X'];
      await query(`update pipeline.run set status = $1, error = $2 where status = 'running'`, [
        status,
        code === undefined ? null : JSON.stringify({ code, retryable: code === 'EOD_DB_FULL' }),
      ]);
      await slots.settle(new Date(nowMs));
    } else {
      await slots.missBefore(TUESDAY, nowMs);
    }
  }

  it('follows the transitions, whatever two services do in whatever order', async () => {
    const seen = new Set<string>();
    const step = fc.record({
      action: fc.constantFrom('claim', 'claim', 'claim', ...(Object.keys(ACTIONS) as Action[])),
      service: fc.constantFrom(0, 0, 0, 1),
      minutes: fc.nat({ max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 16 }), async (steps) => {
        await query('truncate pipeline.slot, pipeline.run cascade');
        const services = [0, 1].map(() => ({
          slots: new SlotStore(test.database, ['daily'], PATIENT),
          held: [] as ClaimedSlot[],
        }));
        let nowMs = DUE_MS;
        for (const { action, service, minutes } of steps) {
          nowMs += minutes * MINUTE_MS + (minutes % 3);
          const before = await readStatus();
          const { slots, held } = services[service] as (typeof services)[number];
          await perform(slots, action, held, nowMs);
          const after = await readStatus();
          if (after === before) continue;
          seen.add(`${before ?? 'none'} → ${after ?? 'none'}`);
          // A slot is made due in the transaction that decides about it.
          const from = before ?? 'due';
          const allowed = ACTIONS[action].map((event) => SLOT_TRANSITIONS[from][event]);
          expect(allowed, `${action}: ${from} → ${after ?? 'none'}`).to.include(after);
        }
      }),
      { numRuns: 60 },
    );

    expect([...seen]).to.include.members([
      'none → claimed',
      'none → missed',
      'claimed → due',
      'claimed → completed',
      'claimed → missed',
      'due → claimed',
      'due → missed',
    ]);
  });
});
