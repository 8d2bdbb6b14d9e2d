import type { Universe } from '../universes/rule.js';

/** Types of groups, as the consumer asks for them. */
export type GroupType = 'UNIVERSE' | 'THEME' | 'SECTOR' | 'ETF';

/** A row of `definition_groups` with its rows of `group_memberships`. */
export interface Group {
  readonly type: GroupType;
  /** Unique among the groups of a type. */
  readonly name: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The universe that the group shows, or that it is a part of. */
  readonly universe: Universe;
  /** In order: the table has none, so the place of each is stored as its rank. */
  readonly symbols: readonly string[];
  /** Industry of each member, where a group states it; parallel to `symbols`. */
  readonly industries?: readonly string[];
}

/** A group as shown to people: `definition_groups/THEME/ai`. */
export function formatGroup({ type, name }: { readonly type: string; readonly name: string }): string {
  return `definition_groups/${type}/${name}`;
}
