import type { SessionDate } from '../../../src/core/session.js';
import type { UniverseIdentity } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';

/** The run that publishes, the session, and the time it becomes known. */
export interface Publication {
  readonly runId: string;
  readonly session: SessionDate;
  readonly at: Date;
  /** Whether the session has been published before. */
  readonly isResync: boolean;
  /** Universe name → id. */
  readonly ids: ReadonlyMap<string, number>;
}

/** Universe name → id. */
export function toIds(universes: readonly (UniverseIdentity & { readonly id: number })[]): Map<string, number> {
  return new Map(universes.map((universe) => [toUniverseName(universe), universe.id]));
}

/** @throws a defect when the universe was not written first */
export function idOf(universe: UniverseIdentity, { ids }: Pick<Publication, 'ids'>): number {
  const id = ids.get(toUniverseName(universe));
  if (id === undefined) throw new Error(`universe ${toUniverseName(universe)} has no id`);
  return id;
}
