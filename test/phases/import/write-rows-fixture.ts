import type { BarRecord, SymbolRecord } from '../../../phases/import/source.js';
import { mergeBars, mergeSymbols } from '../../../phases/import/write-rows.js';
import { parseSessionDate } from '../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

export const DAY = parseSessionDate('2026-06-30');

const AT = new Date('2026-06-30T21:00:00Z');

/** What these tests have in common; registers its hooks. */
export function useRows() {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  const merge = (
    symbols: readonly SymbolRecord[],
    options: { at?: Date; onlyAdd?: boolean; hostFacts?: 'keep' | 'replace' } = {},
  ) =>
    test.database.transaction(({ client }) =>
      mergeSymbols(client, symbols, {
        locale: 'us',
        at: AT,
        session: DAY,
        onlyAdd: false,
        hostFacts: 'keep',
        ...options,
      }),
    );
  const bars = (records: readonly BarRecord[]) => test.database.transaction(({ client }) => mergeBars(client, records));
  const readAll = async (query: string) => (await test.database.pool.query<Record<string, unknown>>(query)).rows;
  return {
    get test() {
      return test;
    },
    merge,
    bars,
    readAll,
  };
}
