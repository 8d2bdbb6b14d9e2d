import type { PoolClient } from 'pg';
import { explainRefusal } from '../projection/explain-refusal.js';
import type { PlannedRow } from '../projection/plan-projection.js';
import type { Universe } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';
import { DELETE_ABANDONED_GROUPS, READ_ABANDONED_GROUPS } from './delete-abandoned-groups.sql.js';
import { formatGroup, type Group } from './group.js';
import type { GroupTables } from './group-tables.js';
import { ARE_GROUPS_UNTOUCHED, READ_GROUPED, RECORD_GROUPS } from './record-groups.sql.js';
import { toGroups, type GroupPublication } from './to-groups.js';
import { WRITE_DEFINITIONS } from './write-definitions.sql.js';
import { READ_MEMBER_CHANGES, WRITE_MEMBERS } from './write-members.sql.js';

/** A statement has at most this many members, so that its lists stay small: there are 600,000 in a market of 143,000 symbols. */
const MEMBERS_AT_ONCE = 50_000;

/** What a publish did to the tables of groups. */
export interface WrittenGroups {
  /** Groups that are new or have other members than before. */
  readonly written: number;
  readonly deleted: number;
  readonly warnings: readonly string[];
}

export const NO_GROUPS: WrittenGroups = { written: 0, deleted: 0, warnings: [] };

/**
 * Updates the groups of these universes in `definition_groups` and `group_memberships`, and writes only members that differ, whichever
 * program wrote them.
 *
 * Edges: groups that another program wrote are replaced where they have the type and name of one of ours, and ignored elsewhere.
 * @throws EOD_DB_SCHEMA when a table does not accept the rows
 */
export async function writeGroups(
  client: PoolClient,
  tables: GroupTables,
  universes: readonly Universe[],
  publication: GroupPublication & { readonly at: Date },
): Promise<WrittenGroups> {
  return explainRefusal(async () => {
    const { at, ids } = publication;
    const { groups, warnings } = await listGroups(client, tables, universes, publication);
    const gone = await DELETE_ABANDONED_GROUPS.rows(client, listKept(groups, universes, ids));
    await WRITE_DEFINITIONS.rows(client, {
      at,
      types: groups.map(({ type }) => type),
      names: groups.map(({ name }) => name),
      descriptions: groups.map(({ description }) => description),
      metadata: groups.map(({ metadata }) => JSON.stringify(metadata)),
    });
    let written = 0;
    for (const batch of inBatches(groups)) {
      written += (await WRITE_MEMBERS.rows(client, { ...toWanted(batch), at })).length;
    }
    await RECORD_GROUPS.write(client, {
      types: groups.map(({ type }) => type),
      names: groups.map(({ name }) => name),
      universes: groups.map(({ universe }) => ids.get(toUniverseName(universe)) ?? 0),
    });
    return { written, deleted: gone.length, warnings };
  }, GROUP_TABLES);
}

/** What `writeGroups` would do now, apart from the times and the session of groups; reads only. */
export async function planGroups(
  client: PoolClient,
  tables: GroupTables,
  universes: readonly Universe[],
  { retired, ...publication }: GroupPublication & { readonly retired: ReadonlySet<string> },
): Promise<{ readonly rows: readonly PlannedRow[]; readonly warnings: readonly string[] }> {
  return explainRefusal(async () => {
    const { groups, warnings } = await listGroups(client, tables, universes, publication);
    const rows: PlannedRow[] = [];
    for (const batch of inBatches(groups)) {
      const changes = await READ_MEMBER_CHANGES.rows(client, toWanted(batch));
      rows.push(
        ...changes.map(({ isThere, added, removed, changed, ...group }, index) => ({
          place: formatGroup(group),
          action: !isThere
            ? ('insert' as const)
            : added + removed + changed > 0
              ? ('update' as const)
              : ('leave' as const),
          universe: toUniverseName(batch[index]?.universe ?? { type: '', name: '', key: '' }),
        })),
      );
    }
    const kept = listKept(groups, universes, publication.ids);
    const gone = await READ_ABANDONED_GROUPS.rows(client, { ...kept, retired: [...retired] });
    rows.push(...gone.map((group) => ({ place: formatGroup(group), action: 'delete' as const, universe: '' })));
    return { rows, warnings };
  }, GROUP_TABLES);
}

/** Whether every group that this product has written is unchanged, and none is missing. */
export async function areGroupsUntouched(client: PoolClient): Promise<boolean> {
  const row = await explainRefusal(() => ARE_GROUPS_UNTOUCHED.first(client, {}), GROUP_TABLES);
  return row?.untouched ?? false;
}

const GROUP_TABLES = ['definition_groups', 'group_memberships'];

/** The groups that the tables accept. */
async function listGroups(
  client: PoolClient,
  { maxName, maxSymbol, refusedTypes }: GroupTables,
  universes: readonly Universe[],
  publication: GroupPublication,
): Promise<{ readonly groups: readonly Group[]; readonly warnings: readonly string[] }> {
  const grouped = new Set((await READ_GROUPED.rows(client, {})).map(({ universe }) => universe));
  const hasGroup = (universe: Universe): boolean => grouped.has(publication.ids.get(toUniverseName(universe)) ?? 0);
  const { groups, warnings } = toGroups(universes, publication, hasGroup);
  const refused = [...refusedTypes].map(
    ([type, constraint]) =>
      `the constraint ${constraint} of definition_groups refuses the type ${type}: ` +
      `${groups.filter((group) => group.type === type).length} groups are not written`,
  );
  const accepted = groups.filter(({ type }) => !refusedTypes.has(type));
  const long = accepted.filter(
    ({ name, symbols }) =>
      name.length > (maxName ?? Infinity) || symbols.some((symbol) => symbol.length > (maxSymbol ?? Infinity)),
  );
  const tooLong = long.map((group) => `${formatGroup(group)} is not written: its name or a symbol is too long`);
  return {
    groups: accepted.filter((group) => !long.includes(group)),
    warnings: [...warnings, ...refused, ...tooLong],
  };
}

function listKept(groups: readonly Group[], universes: readonly Universe[], ids: ReadonlyMap<string, number>) {
  return {
    universes: universes.flatMap((universe) => ids.get(toUniverseName(universe)) ?? []),
    types: groups.map(({ type }) => type),
    names: groups.map(({ name }) => name),
  };
}

function* inBatches(groups: readonly Group[]): Generator<readonly Group[]> {
  let batch: Group[] = [];
  let members = 0;
  for (const group of groups) {
    batch.push(group);
    members += group.symbols.length;
    if (members < MEMBERS_AT_ONCE) continue;
    yield batch;
    [batch, members] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

function toWanted(groups: readonly Group[]) {
  return {
    types: groups.map(({ type }) => type),
    names: groups.map(({ name }) => name),
    numbers: groups.flatMap(({ symbols }, index) => symbols.map(() => index + 1)),
    symbols: groups.flatMap(({ symbols }) => symbols),
    ranks: groups.flatMap(({ symbols }) => symbols.map((_, index) => index + 1)),
    industries: groups.flatMap(({ symbols, industries }) => symbols.map((_, index) => industries?.[index] ?? null)),
  };
}
