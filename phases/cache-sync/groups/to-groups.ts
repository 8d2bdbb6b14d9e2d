import type { SectorConfig } from '../../../src/config/schema/index.js';
import type { SessionDate } from '../../../src/core/session.js';
import { describeUniverse } from '../projection/describe-universe.js';
import { assignKeys } from '../projection/universe-keys.js';
import type { Universe } from '../universes/rule.js';
import type { Group, GroupType } from './group.js';
import { ALL_STOCKS, toSectorGroups } from './sector-groups.js';

const SOURCE = 'tickstock-daily';

/** How groups are made: the session that is published, ids of universes by name, and the sectors. */
export interface GroupPublication {
  readonly session: SessionDate;
  readonly ids: ReadonlyMap<string, number>;
  readonly sectors: readonly SectorConfig[];
}

/**
 * The groups that show these universes, and the sectors of all stocks.
 *
 * Edges: names are those of the other layouts with one key for a universe (`assignKeys`), so that a name is asked for without its type. Market
 *        statistics have no members and are in no group. An empty universe has a group only once it has had members.
 * Source: appv2-contract section 1 and the consumer's reader: bands, rankings, leaders and lists are of type UNIVERSE.
 * @param hasGroup whether a universe has a group already
 */
export function toGroups(
  universes: readonly Universe[],
  { session, ids, sectors }: GroupPublication,
  hasGroup: (universe: Universe) => boolean,
): { readonly groups: readonly Group[]; readonly warnings: readonly string[] } {
  const nameOf = assignKeys(universes, ids);
  const shown = universes.filter(
    (universe) => universe.form.kind !== 'statistics' && (universe.members.length > 0 || hasGroup(universe)),
  );
  const groups = shown.map((universe): Group => {
    const symbols = universe.members.map(({ symbol }) => symbol);
    return {
      type: toGroupType(universe),
      name: nameOf(universe),
      description: universe.title,
      metadata: { source: SOURCE, session, ...describeUniverse(universe), count: symbols.length },
      universe,
      symbols,
    };
  });
  const all = shown.find(ALL_STOCKS);
  if (all === undefined) return { groups, warnings: [] };
  const divided = toSectorGroups(all, sectors);
  const ofSectors = divided.groups.map((group): Group => {
    const metadata = { source: SOURCE, session, type: 'sector', title: group.description, count: group.symbols.length };
    return { ...group, type: 'SECTOR', universe: all, metadata };
  });
  return { groups: [...groups, ...ofSectors], warnings: divided.warnings };
}

function toGroupType({ cacheType }: Universe): GroupType {
  if (cacheType === 'theme') return 'THEME';
  return cacheType === 'etf' ? 'ETF' : 'UNIVERSE';
}
