import {
  DELETE_ABANDONED_GROUPS,
  READ_ABANDONED_GROUPS,
} from '../../phases/cache-sync/groups/delete-abandoned-groups.sql.js';
import { READ_FOREIGN_GROUPS, READ_GROUP_SYMBOLS } from '../../phases/cache-sync/groups/read-foreign-groups.sql.js';
import { ARE_GROUPS_UNTOUCHED, RECORD_GROUPS } from '../../phases/cache-sync/groups/record-groups.sql.js';
import { WRITE_DEFINITIONS } from '../../phases/cache-sync/groups/write-definitions.sql.js';
import { READ_MEMBER_CHANGES, WRITE_MEMBERS } from '../../phases/cache-sync/groups/write-members.sql.js';
import { LAYOUTS } from '../../phases/cache-sync/projection/layouts/index.js';
import type { CacheLayout } from '../../phases/cache-sync/projection/layout.js';
import { deleteAbandonedOf, readAbandonedOf } from '../../phases/cache-sync/projection/delete-abandoned.sql.js';
import { retireRowsOf } from '../../phases/cache-sync/projection/retire-rows.sql.js';
import { readForeignPlacesOf } from '../../phases/cache-sync/projection/read-foreign-places.sql.js';
import { readKnownRowsOf } from '../../phases/cache-sync/projection/read-known-rows.sql.js';
import { readPlacesOf, readStoredOf } from '../../phases/cache-sync/projection/read-rows.sql.js';
import { recordRowsOf } from '../../phases/cache-sync/projection/record-rows.sql.js';
import {
  findEqualRowsOf,
  findGoneRowsOf,
  insertRowsOf,
  updateDifferingRowsOf,
  updateRowsOf,
} from '../../phases/cache-sync/projection/write-rows.sql.js';
import { mergeBars } from '../../phases/import/merge-bars.sql.js';
import { READ_DISABLED } from '../../phases/indicators/read-disabled.sql.js';
import { MERGE_EXPIRING_INDICATORS } from '../../phases/indicators/merge-indicators.sql.js';
import { CAUSES } from '../../src/notify/causes/index.js';
import type { Statement } from '../../src/db/statement.js';
import { GROUP_TABLES } from '../support/group-tables.js';
import { cacheTableOf } from '../support/cache-tables.js';

/** A statement as it is for one kind of host's tables. */
export interface StatementForm {
  readonly name: string;
  readonly statement: Statement;
  /** SQL that makes such tables. */
  readonly setup?: string;
}

/** A form for each layout of `cache_entries`. */
function inEveryLayout(make: (layout: CacheLayout) => Statement): StatementForm[] {
  return LAYOUTS.map((layout) => ({
    name: `layout ${layout.id}`,
    statement: make(layout),
    setup: `drop table cache_entries; create table cache_entries (${cacheTableOf(layout).columns})`,
  }));
}

/** The same of a statement for several rows. */
function ofTwoRows(make: (layout: CacheLayout, count: number) => Statement): StatementForm[] {
  return inEveryLayout((layout) => make(layout, 2));
}

/**
 * Statements that depend on the tables of a host: what a file exports of them, a statement or a function that makes one, with a form for each kind of
 * table.
 */
export const STATEMENT_FORMS: ReadonlyMap<unknown, readonly StatementForm[]> = new Map<
  unknown,
  readonly StatementForm[]
>([
  [
    mergeBars,
    [
      { name: 'no price required', statement: mergeBars(new Set()) },
      { name: 'every price required', statement: mergeBars(new Set(['open', 'high', 'low'])) },
    ],
  ],
  [
    MERGE_EXPIRING_INDICATORS,
    [
      {
        name: 'with an expiration date',
        statement: MERGE_EXPIRING_INDICATORS,
        setup: 'alter table daily_indicators add expiration_date timestamptz',
      },
    ],
  ],
  ...[
    readKnownRowsOf,
    readPlacesOf,
    readForeignPlacesOf,
    retireRowsOf,
    readStoredOf,
    readAbandonedOf,
    deleteAbandonedOf,
    recordRowsOf,
    findGoneRowsOf,
  ].map((make) => [make, inEveryLayout(make)] as const),
  ...[
    WRITE_DEFINITIONS,
    WRITE_MEMBERS,
    READ_MEMBER_CHANGES,
    DELETE_ABANDONED_GROUPS,
    READ_ABANDONED_GROUPS,
    RECORD_GROUPS,
    ARE_GROUPS_UNTOUCHED,
    READ_FOREIGN_GROUPS,
    READ_GROUP_SYMBOLS,
  ].map((each) => [each, [{ name: 'with groups', statement: each, setup: GROUP_TABLES }]] as const),
  [
    READ_DISABLED,
    [
      {
        name: 'with definitions',
        statement: READ_DISABLED,
        setup: 'create table indicator_definitions (name varchar(50), enabled boolean)',
      },
    ],
  ],
  ...CAUSES.map((cause) => [cause, [{ name: cause.id, statement: cause.statement }]] as const),
  ...[insertRowsOf, updateRowsOf, updateDifferingRowsOf, findEqualRowsOf].map(
    (make) => [make, ofTwoRows(make)] as const,
  ),
]);
