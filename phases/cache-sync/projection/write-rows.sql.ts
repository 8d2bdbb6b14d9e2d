import { arrayOf, instant, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import type { CacheLayout } from './layout.js';
import { declareRows, toProjectionSql } from './projection-sql.js';

/** Adds a number of rows. */
export function insertRowsOf(layout: CacheLayout, count: number) {
  const { insert, tuples } = toProjectionSql(layout);
  const parameters = { at: instant, ...declareRows(layout, count) };
  return statement({ parameters, row: {}, text: insert(tuples(count, 2)) });
}

/** Updates a number of rows. */
export function updateRowsOf(layout: CacheLayout, count: number) {
  const { update, tuples } = toProjectionSql(layout);
  const parameters = { at: instant, ...declareRows(layout, count) };
  return statement({ parameters, row: {}, text: update(tuples(count, 2), 'true') });
}

/** The same, but skips rows with equal content. */
export function updateDifferingRowsOf(layout: CacheLayout, count: number) {
  const { update, tuples, isDifferent } = toProjectionSql(layout);
  const parameters = { at: instant, ...declareRows(layout, count) };
  return statement({ parameters, row: {}, text: update(tuples(count, 2), isDifferent) });
}

/** Of a number of places, those whose row has equal content. */
export function findEqualRowsOf(layout: CacheLayout, count: number) {
  const { wanted, tuples, isAt, isDifferent } = toProjectionSql(layout);
  return statement({
    parameters: declareRows(layout, count),
    row: { type: text, name: text, key: text },
    text: `
    select v.type, v.name, v.key from ${wanted(tuples(count, 1))}
    where not exists (select from public.cache_entries c where ${isAt('v')} and ${isDifferent})`,
  });
}

/** Of some places, as parallel lists, those without a row. */
export function findGoneRowsOf(layout: CacheLayout) {
  const { isAt } = toProjectionSql(layout);
  return statement({
    parameters: { types: arrayOf(text), names: arrayOf(text), keys: arrayOf(text) },
    row: { type: text, name: text, key: text },
    text: `
    select w.type, w.name, w.key from unnest($1::text[], $2::text[], $3::text[]) as w (type, name, key)
    where not exists (select from public.cache_entries c where ${isAt('w')})`,
  });
}
