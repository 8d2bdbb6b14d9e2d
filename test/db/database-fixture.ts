import { expect } from 'chai';
import { PipelineError } from '../../src/core/errors.js';
import type { Database } from '../../src/db/database.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';

/** A database with a table `note (id)`, which is empty before each test. */
export function useNotes(): { readonly test: () => TestDatabase; readonly database: () => Database } {
  let test: TestDatabase;

  before(async () => {
    test = await createEmptyDatabase();
    await test.database.pool.query('create table note (id integer primary key)');
  });

  after(async () => {
    await test.drop();
  });

  afterEach(async () => {
    await test.database.pool.query('truncate note');
  });

  return { test: () => test, database: () => test.database };
}

export async function notes(database: Database): Promise<number[]> {
  const { rows } = await database.pool.query<{ id: number }>('select id from note order by id');
  return rows.map((row) => row.id);
}

export async function errorOf(work: Promise<unknown>): Promise<Error> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).to.be.instanceOf(Error);
  return thrown as Error;
}

export async function failureOf(work: Promise<unknown>): Promise<PipelineError> {
  const thrown = await errorOf(work);
  expect(thrown).to.be.instanceOf(PipelineError);
  return thrown as PipelineError;
}

/** All that a person or a log could come to see of it. */
export function textOf(error: PipelineError): string {
  return `${JSON.stringify(error)} ${error.stack ?? ''}`;
}
