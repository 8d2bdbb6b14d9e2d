import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import type { Comparison, OpenUniverse } from '../membership/compare-memberships.js';
import type { UniverseIdentity } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';

/** A membership as a replay has found it; `to` is null while it lasts. */
export interface MemberInterval {
  readonly universe: string;
  readonly symbol: string;
  readonly from: SessionDate;
  readonly to: SessionDate | null;
}

interface BookedUniverse extends UniverseIdentity {
  readonly id: number;
  isRetired: boolean;
  readonly members: Map<string, SessionDate>;
}

/** Who is a member since when, carried from session to session in memory; and every membership that ended on the way. */
export class MemberBook {
  readonly ended: MemberInterval[] = [];
  private readonly universes = new Map<string, BookedUniverse>();

  /** As it was believed at the end of the session before `from`. Universes that were first published later are not in it. */
  static async readBefore(client: PoolClient, from: SessionDate): Promise<MemberBook> {
    const { rows } = await client.query<
      UniverseIdentity & { id: number; isRetired: boolean; members: Record<string, SessionDate> }
    >(
      `select u.id, u.type, u.name, u.key, coalesce(u.retired_session < $1, false) as "isRetired",
              coalesce(m.members, '{}') as members
       from pipeline.universe u
       left join (
         select universe_id, json_object_agg(symbol, to_char(valid_from, 'YYYY-MM-DD')) as members
         from pipeline.membership
         where known_to is null and valid_from < $1 and (valid_to is null or valid_to >= $1)
         group by universe_id
       ) m on m.universe_id = u.id
       where coalesce(u.first_session < $1, true)
       order by u.id`,
      [from],
    );
    const book = new MemberBook();
    for (const { members, ...universe } of rows) {
      book.universes.set(toUniverseName(universe), { ...universe, members: new Map(Object.entries(members)) });
    }
    return book;
  }

  /** As a sync reads it from the table. */
  get open(): OpenUniverse[] {
    return [...this.universes.values()].map(({ members, ...universe }) => ({
      ...universe,
      symbols: [...members.keys()],
    }));
  }

  get since(): ReadonlyMap<string, ReadonlyMap<string, SessionDate>> {
    return new Map([...this.universes].map(([name, { members }]) => [name, members]));
  }

  /** Memberships that last. */
  get lasting(): MemberInterval[] {
    return [...this.universes].flatMap(([universe, { members }]) =>
      [...members].map(([symbol, from]) => ({ universe, symbol, from, to: null })),
    );
  }

  get retired(): string[] {
    return [...this.universes].filter(([, { isRetired }]) => isRetired).map(([name]) => name);
  }

  /** Takes over what a session changes. */
  apply({ published, changes, retired }: Comparison, session: SessionDate, ids: ReadonlyMap<string, number>): void {
    for (const { type, name, key } of published) {
      const identity = toUniverseName({ type, name, key });
      const known = this.universes.get(identity);
      if (known) known.isRetired = false;
      else
        this.universes.set(identity, {
          id: ids.get(identity) ?? 0,
          type,
          name,
          key,
          isRetired: false,
          members: new Map(),
        });
    }
    for (const { universe, symbol, action } of changes) {
      const identity = toUniverseName(universe);
      const members = this.universes.get(identity)?.members;
      if (members === undefined) continue;
      const from = members.get(symbol);
      if (action === 'added') members.set(symbol, session);
      else if (from !== undefined) {
        members.delete(symbol);
        this.ended.push({ universe: identity, symbol, from, to: session });
      }
    }
    for (const universe of retired) {
      const known = this.universes.get(toUniverseName(universe));
      if (known) known.isRetired = true;
    }
  }
}
