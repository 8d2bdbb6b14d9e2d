import type { SessionDate } from '../../../src/core/session.js';
import type { Universe } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';
import { listFormer, type Comparison, type OpenUniverse } from './compare-memberships.js';
import { describeRecord } from './open-universes.js';

/** First sessions of members, by universe name, for universes whose rules use them; see `readMembersSince`. */
export type MembersSince = ReadonlyMap<string, ReadonlyMap<string, SessionDate>>;

/** Changes of a session in the membership of one universe. */
export interface AppliedChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** A change that an earlier publish of a session made, and whether it retired the universe. */
export interface KeptChange extends AppliedChange {
  readonly hasRetired: boolean;
}

/** A universe with the members it has after the sessions applied so far. */
export interface LedgerUniverse extends OpenUniverse {
  /** The selection with these members, in published order; absent while the members are those of an earlier publish. */
  readonly selection?: Universe | undefined;
}

/** The membership of every universe, carried in memory from session to session of one publish. */
export class MembershipLedger {
  private readonly universes: Map<string, LedgerUniverse>;
  private readonly sinceByName: Map<string, ReadonlyMap<string, SessionDate>>;

  /**
   * @param open the membership before the first session
   * @param since first sessions for the universes whose rules use them
   * @param asksSince whether the rule of a universe uses them
   */
  constructor(
    open: readonly LedgerUniverse[],
    since: MembersSince,
    private readonly asksSince: (universe: Universe) => boolean,
  ) {
    this.universes = new Map(open.map((universe) => [toUniverseName(universe), universe]));
    this.sinceByName = new Map(since);
  }

  /** Existing universes with their members. */
  get open(): LedgerUniverse[] {
    return this.all.filter((universe) => universe.isUnborn !== true);
  }

  /**
   * Universes to compare a session with, including those that an earlier publish of the session published first, with its members.
   * @param seen members that count, by universe name
   */
  compared(seen: ReadonlyMap<string, readonly string[]>): LedgerUniverse[] {
    if (seen.size === 0) return this.open;
    return this.all.flatMap((universe) => {
      const own = seen.get(toUniverseName(universe)) ?? [];
      if (own.length > 0) return [{ ...universe, isRetired: false, seen: own }];
      return universe.isUnborn === true ? [] : [universe];
    });
  }

  get all(): LedgerUniverse[] {
    return [...this.universes.values()];
  }

  get since(): MembersSince {
    return this.sinceByName;
  }

  find(name: string): LedgerUniverse | undefined {
    return this.universes.get(name);
  }

  /** Applies what a session publishes and retires. */
  apply({ published, retired, changes }: Comparison, session: SessionDate, ids: ReadonlyMap<string, number>): void {
    const former = listFormer(changes);
    for (const universe of published) this.publish(universe, session, ids, former);
    for (const { type, name, key } of retired) {
      const identity = toUniverseName({ type, name, key });
      const known = this.universes.get(identity);
      if (known)
        this.universes.set(identity, {
          ...known,
          selection: undefined,
          symbols: [],
          isRetired: true,
          retiredSession: session,
        });
      this.sinceByName.delete(identity);
    }
  }

  /**
   * Makes rows show the published members of these universes instead of a selection of this publish.
   * @param names null for all
   */
  keepRows(names: ReadonlySet<string> | null): void {
    for (const [name, universe] of this.universes) {
      if (universe.selection === undefined || !(names?.has(name) ?? true)) continue;
      this.universes.set(name, { ...universe, selection: undefined });
    }
  }

  /**
   * Applies a change that an earlier publish of a session made.
   * @returns the part of it that applies
   */
  keep(name: string, session: SessionDate, { added, removed, hasRetired }: KeptChange): AppliedChange {
    const known = this.universes.get(name);
    if (known === undefined) return { added: [], removed: [] };
    const members = new Set(known.symbols);
    const applied = {
      // A ticker that left and joined in one session stands for another company since then.
      added: added.filter((symbol) => !members.has(symbol) || removed.includes(symbol)),
      removed: removed.filter((symbol) => members.has(symbol)),
    };
    for (const symbol of applied.removed) members.delete(symbol);
    for (const symbol of applied.added) members.add(symbol);
    this.universes.set(name, {
      ...known,
      selection: undefined,
      symbols: [...members],
      isUnborn: false,
      isRetired: hasRetired,
      retiredSession: hasRetired ? session : null,
    });
    const since = this.sinceByName.get(name);
    if (since)
      this.sinceByName.set(name, new Map([...members].map((symbol) => [symbol, since.get(symbol) ?? session])));
    return applied;
  }

  private publish(
    universe: Universe,
    session: SessionDate,
    ids: ReadonlyMap<string, number>,
    former: ReadonlyMap<string, string>,
  ): void {
    const { type, name, key } = universe;
    const identity = toUniverseName(universe);
    const known = this.universes.get(identity);
    const symbols = universe.members.map((member) => member.symbol);
    const id = known?.id ?? ids.get(identity) ?? 0;
    const record = describeRecord(universe);
    if (this.asksSince(universe)) {
      const before = this.sinceByName.get(identity);
      const sinceOf = (symbol: string): SessionDate =>
        before?.get(symbol) ?? before?.get(former.get(symbol) ?? '') ?? session;
      this.sinceByName.set(identity, new Map(symbols.map((symbol) => [symbol, sinceOf(symbol)])));
    }
    this.universes.set(identity, {
      id,
      type,
      name,
      key,
      symbols,
      record,
      isRetired: false,
      retiredSession: null,
      selection: universe,
    });
  }
}
