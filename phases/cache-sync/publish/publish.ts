import type { Config } from '../../../src/config/schema/index.js';
import type { TradingCalendar } from '../../../src/core/calendar.js';
import type { PhaseContext } from '../../../src/core/phase.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { Transaction } from '../../../src/db/database.js';
import type { OpenedHold } from '../holds/write-holds.js';
import type { SyncSettings } from '../input/read-sync.js';
import { asksSince } from '../input/sync-input.js';
import type { OpenUniverse } from '../membership/compare-memberships.js';
import { MembershipLedger, type MembersSince } from '../membership/membership-ledger.js';
import { rewindMembership, type PublishedChange } from '../membership/rewind.js';
import { supersedeAudit, type ResyncRange } from '../membership/write-audit.js';
import { supersedeEvents } from '../membership/write-symbol-life.js';
import { scopeIds, type ModeScope } from '../modes.js';
import type { Universe } from '../universes/rule.js';

/** One transaction that publishes a session, or several recomputed ones, oldest first. */
export interface Publish {
  readonly client: Transaction['client'];
  readonly context: PhaseContext;
  readonly scope: ModeScope;
  readonly settings: SyncSettings;
  readonly calendar: TradingCalendar;
  readonly range: ResyncRange;
  /** Whether the first session has been published before. */
  readonly isResync: boolean;
  /** Universes as readers see them until this commits. */
  readonly before: readonly OpenUniverse[];
  readonly ledger: MembershipLedger;
  /** The current changes of the sessions. */
  readonly published: readonly PublishedChange[];
  /** The newest selection of each universe, held or not, by name. */
  readonly selected: Map<string, Universe>;
  /** The holds of the newest session that this publish opened. */
  readonly opened: OpenedHold[];
}

/** Input of the start of a publish. */
export interface PublishStart {
  readonly context: PhaseContext;
  readonly scope: ModeScope;
  readonly settings: SyncSettings;
  readonly calendar: TradingCalendar;
  /** The first session. */
  readonly from: SessionDate;
  readonly open: readonly OpenUniverse[];
  /** The current changes of the sessions. */
  readonly published: readonly PublishedChange[];
  readonly since: MembersSince;
  readonly isResync: boolean;
}

/** The membership before the first session, for the rules to compare with. */
export function createLedger(
  { open, published, from, scope, isResync, since }: Omit<PublishStart, 'context' | 'settings' | 'calendar'>,
  config: Config,
): MembershipLedger {
  const before = isResync ? rewindMembership(open, published, from, (universe) => scope.has(universe)) : open;
  return new MembershipLedger(before, since, (universe) => asksSince(universe, config));
}

/** Starts a publish: supersedes what is recorded of the sessions, until it is found again. */
export async function startPublish(client: Transaction['client'], start: PublishStart): Promise<Publish> {
  const { context, scope, settings, calendar, open, published, isResync, from } = start;
  const range: ResyncRange = {
    runId: context.runId,
    from,
    at: new Date(context.clock.now()),
    universes: scopeIds(scope, open),
  };
  if (isResync) {
    await supersedeAudit(client, range);
    if (scope.tasks.includes('delisted_cleanup')) await supersedeEvents(client, range);
  }
  const ledger = createLedger(start, settings.config);
  const selected = new Map<string, Universe>();
  return {
    client,
    context,
    scope,
    settings,
    calendar,
    range,
    isResync,
    before: open,
    ledger,
    published,
    selected,
    opened: [],
  };
}
