import { expect } from 'chai';
import type { Clock } from '../../../src/core/clock.js';
import type { Phase, PhaseContext, PhaseReport } from '../../../src/core/phase.js';
import type { SessionDate } from '../../../src/core/session.js';
import { configOf } from '../../support/market.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { runPhase } from '../../support/phase-context.js';
import { addSymbol, calendar } from './bars.js';
import { FourIndicators } from './four-indicators.js';

export const MONDAY = '2026-06-29' as SessionDate;

export const TUESDAY = '2026-06-30' as SessionDate;

const EVENING: Clock = { now: () => Date.parse('2026-06-30T20:30:00Z') };

/** 1, 2, 3, …: the mean of the newest n of k is k - (n - 1) / 2, and closes that only rise have an RSI of 100. */
export const rising = (bars: number): number[] => Array.from({ length: bars }, (_, index) => index + 1);

/** The phase, with every step of its progress told to `onStep`. */
export function watch(phase: Phase, onStep: (step: string) => void): Phase {
  const run = (context: PhaseContext): Promise<PhaseReport> =>
    phase.run({
      ...context,
      progress: {
        startTask: (id) => {
          onStep(`start ${id}`);
          return { advance: () => onStep(`advance ${id}`), finish: () => onStep(`finish ${id}`) };
        },
      },
    });
  return { id: phase.id, ordinal: phase.ordinal, title: phase.title, needs: phase.needs, run };
}

export async function catchError(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it should have failed'),
    (error: unknown) => error,
  );
}

/** What these tests have in common; registers its hooks. */
export function useIndicators() {
  let test: TestDatabase;
  let phase: FourIndicators;

  beforeEach(async () => {
    test = await createTestDatabase();
    phase = new FourIndicators(test.database, configOf(), calendar);
  });

  afterEach(() => test.drop());

  const run = (session: SessionDate, clock = EVENING): Promise<PhaseReport> =>
    runPhase(phase, test.database, { session, clock });
  const add = (symbol: string, closes: readonly (number | string | null)[], last = TUESDAY): Promise<void> =>
    addSymbol(test.database, symbol, closes, last);
  const query = async (sql: string): Promise<Record<string, unknown>[]> => (await test.database.pool.query(sql)).rows;
  const readValues = async (symbol: string): Promise<Record<string, unknown>> => {
    const rows = await query(
      `select indicator_type, value_data->'value' as value from daily_indicators where symbol = '${symbol}' order by 1`,
    );
    return Object.fromEntries(rows.map((row) => [row['indicator_type'], row['value']]));
  };
  return {
    get test() {
      return test;
    },
    get phase() {
      return phase;
    },
    run,
    add,
    query,
    readValues,
  };
}
