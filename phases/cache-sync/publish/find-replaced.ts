import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import { formatGroup, type Group } from '../groups/group.js';
import { READ_FOREIGN_GROUPS, READ_GROUP_SYMBOLS } from '../groups/read-foreign-groups.sql.js';
import { toGroups } from '../groups/to-groups.js';
import type { ReplacedRow } from '../holds/gate.js';
import type { SyncSettings } from '../input/read-sync.js';
import { readForeignPlaces, readSymbolsAt } from '../projection/foreign-rows.js';
import { formatPlace, toPlaceName, type RowPlace } from '../projection/layout.js';
import { explainRefusal } from '../projection/explain-refusal.js';
import type { Universe } from '../universes/rule.js';

/** Reads what another program has stored where a selection would be published. */
export type ReplacedReader = (selected: readonly Universe[]) => Promise<readonly ReplacedRow[]>;

/**
 * Finds the rows of another program that a publish would replace, and how many of their members are not in the selection.
 *
 * Edges: an empty selection replaces nothing, because it has no row of its own until it has had members. Names are read first, members only of
 *        rows at the places of the selection: most databases have none.
 * @param ids universe name → id
 */
export async function createReplacedReader(
  client: PoolClient,
  { layout, groups, config }: SyncSettings,
  session: SessionDate,
  ids: ReadonlyMap<string, number>,
): Promise<ReplacedReader> {
  const places = await readForeignPlaces(client, layout);
  const foreign = groups === undefined ? [] : await explainRefusal(() => READ_FOREIGN_GROUPS.rows(client, {}));
  const names = new Set(foreign.map(formatGroup));
  return async (selected) => {
    const rows = [...layout.rows(selected, new Date(0), ids)].filter(
      (row) => row.universe.members.length > 0 && places.has(toPlaceName(row)),
    );
    const publication = { session, ids, sectors: config.sectors };
    const shown = toGroups(names.size === 0 ? [] : selected, publication, () => false).groups;
    const replaced = shown.filter((group) => group.symbols.length > 0 && names.has(formatGroup(group)));
    return [...(await compareRows(client, layout, rows)), ...(await compareGroups(client, replaced))];
  };
}

async function compareRows(
  client: PoolClient,
  layout: SyncSettings['layout'],
  rows: readonly (RowPlace & { readonly universe: Universe })[],
): Promise<ReplacedRow[]> {
  if (rows.length === 0) return [];
  const stored = await readSymbolsAt(client, layout, rows);
  return rows.map((row) => {
    const symbols = row.universe.members.map(({ symbol }) => symbol);
    return toReplaced(formatPlace(row), stored.get(toPlaceName(row)) ?? [], symbols);
  });
}

async function compareGroups(client: PoolClient, groups: readonly Group[]): Promise<ReplacedRow[]> {
  if (groups.length === 0) return [];
  const lists = { types: groups.map(({ type }) => type), names: groups.map(({ name }) => name) };
  const rows = await READ_GROUP_SYMBOLS.rows(client, lists);
  const stored = new Map(rows.map((row) => [formatGroup(row), row.symbols]));
  return groups.map((group) => toReplaced(formatGroup(group), stored.get(formatGroup(group)) ?? [], group.symbols));
}

function toReplaced(place: string, stored: readonly string[], symbols: readonly string[]): ReplacedRow {
  const kept = new Set(symbols);
  const before = new Set(stored);
  return { place, before: before.size, removed: [...before].filter((symbol) => !kept.has(symbol)).length };
}
