import type { PhaseContext, PhaseReport } from '../../../src/core/phase.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { Transaction } from '../../../src/db/database.js';
import { toGateSkip } from '../holds/approve-holds.js';
import { readCacheConfig } from '../settings/cache-config.js';
import { computeSync, type ComputedSync } from '../compute-sync.js';
import { fillSectors } from '../input/fill-sectors.js';
import { loadMarket, type LoadedMarket } from '../input/load-market.js';
import { writeMeasures } from '../input/measure-session.js';
import { MemberBook } from './membership-ledger.js';
import { writeUniverses } from '../membership/open-universes.js';
import { finishReplay, type ReplayedSessions } from './finish-replay.js';
import { readLayout, type SyncParts } from '../input/read-sync.js';
import {
  readPublishedSessions,
  readSettledHolds,
  recordHeld,
  supersedeAudit,
  supersedeEvents,
  type PublishedSession,
} from './replay-records.js';
import { RULES } from '../universes/rules/index.js';
import type { Universe } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';
import type { SicMapping } from '../settings/sic-mapping.js';
import { listReportedInactive, writeSymbolEvents } from '../membership/symbol-life.js';
import { completeBars, hashInput, readSyncPast, type SyncPast } from '../input/sync-input.js';
import { scopeOf } from '../modes.js';
import { retireUniverses, writeAudit, type Publication } from '../membership/write-memberships.js';
import { writeValuations } from '../valuation/write-valuations.js';

type Client = Transaction['client'];

/**
 * Recomputes every session from `from` to the run's own, oldest first, and corrects what was believed of them, in one transaction: readers see
 * the whole correction or nothing of it, and a replay that dies has changed nothing.
 *
 *  1. Membership as it was believed before `from` is the start (`member-book.ts`); audit and symbol events from then on are taken back.
 *  2. Each session is computed as on its evening, from its bars, from what the source said and from the facts as they were known then; its
 *     figures, measures, holds, audit and symbol events are written. What was let through is let through again: the holds that somebody approved,
 *     and everything of a session that was published by force.
 *  3. At the end what is no longer believed is marked with the time, what is new is added, and what came out as before is left as it was; the
 *     rows of `cache_entries` follow (`finish-replay.ts`).
 */
export async function replaySessions(parts: SyncParts, context: PhaseContext, from: SessionDate): Promise<PhaseReport> {
  return parts.database.transaction(async ({ client }) => {
    const [first, ...others] = await readPublishedSessions(client, from, context.session);
    const sessions = 1 + others.length;
    const task = context.progress.startTask('replay', 'Replaying sessions', sessions + 1);
    const layout = await readLayout(client);
    const read = await readCacheConfig(client, parts.config, layout);
    const replay = await startReplay(client, context, { ...parts, config: read.config }, from, read.sicMapping);
    const replayNext = async (published: PublishedSession): Promise<ReplayedSession> => {
      context.signal.throwIfAborted();
      const replayed = await replaySession(client, replay, published);
      task.advance(1, published.session);
      return replayed;
    };
    let last = await replayNext(first);
    for (const published of others) last = await replayNext(published);
    context.signal.throwIfAborted();
    const report = await finishReplay(client, context, layout, toReplayed(replay, last, sessions, from), read.warnings);
    task.finish();
    await context.completeIn(client, report);
    return report;
  }, context.signal);
}

/** What goes from session to session. */
interface Replay {
  readonly context: PhaseContext;
  readonly parts: SyncParts;
  readonly sicMapping: SicMapping;
  /**
   * When the correction is known: the replay's own time, just before it takes back the first row. Until it commits, whoever asks for what is known at
   * a later time than this still gets the old belief, and the new one afterwards.
   */
  readonly at: Date;
  readonly book: MemberBook;
  /** The newest selection that was published of each universe: what its rows are to show. */
  readonly newest: Map<string, Universe>;
  /** The newest selection of each universe, held or not. */
  readonly selected: Map<string, Universe>;
  readonly held: { count: number };
}

interface ReplayedSession {
  readonly computed: ComputedSync;
  /** As it was read, before sectors were filled in. */
  readonly market: LoadedMarket;
  readonly past: SyncPast;
}

async function startReplay(
  client: Client,
  context: PhaseContext,
  parts: SyncParts,
  from: SessionDate,
  sicMapping: SicMapping,
): Promise<Replay> {
  const at = new Date(context.clock.now());
  const book = await MemberBook.readBefore(client, from);
  await supersedeAudit(client, from, at);
  await supersedeEvents(client, from, at);
  return { context, parts, sicMapping, at, book, newest: new Map(), selected: new Map(), held: { count: 0 } };
}

async function replaySession(
  client: Client,
  replay: Replay,
  { session, isForced }: PublishedSession,
): Promise<ReplayedSession> {
  const { book, at, context } = replay;
  const { config, calendar } = replay.parts;
  const past = {
    ...(await readSyncPast(client, session, config, calendar)),
    since: book.since,
  };
  const market = await loadMarket(client, session, 'as-of');
  const bars = await completeBars(client, session, 'as-of', config, market.bars);
  const loaded = fillSectors({ ...market, bars }, replay.sicMapping);
  const skips = isForced ? () => true : toGateSkip(await readSettledHolds(client, session));
  const scope = scopeOf('full', RULES);
  const input = { session, scope, loaded, open: book.open, past, skips };
  const computed = await computeSync(input, config, calendar);
  const { comparison } = computed;
  const ids = await writeUniverses(client, comparison.published, session);
  const publication: Publication = { runId: context.runId, session, at, ids, isResync: true };
  await writeValuations(client, computed.market, true, () => undefined);
  await writeMeasures(client, session, computed.measures);
  await writeAudit(client, comparison.changes, publication);
  await retireUniverses(client, comparison.retired, publication);
  const events = [...computed.symbolEvents, ...listReportedInactive(comparison, computed.market)];
  await writeSymbolEvents(client, events, publication);
  // Those of the newest session are written at the end, when it is known what a sync after this replay would read (`finish-replay.ts`).
  if (session !== context.session) {
    const inputHash = hashInput(session, config, loaded);
    await recordHeld(client, comparison.holds, { ...publication, inputHash, isLast: false });
  }
  book.apply(comparison, session, ids);
  for (const universe of computed.selected) replay.selected.set(toUniverseName(universe), universe);
  for (const universe of comparison.published) replay.newest.set(toUniverseName(universe), universe);
  if (comparison.holds.length > 0) replay.held.count += 1;
  return { computed, market, past };
}

function toReplayed(
  { parts, sicMapping, book, newest, selected, held, at }: Replay,
  last: ReplayedSession,
  sessions: number,
  from: SessionDate,
): ReplayedSessions {
  const retired = new Set(book.retired);
  const universes = [...newest].flatMap(([name, universe]) => (retired.has(name) ? [] : [universe]));
  return { ...last, from, at, sessions, held: held.count, book, universes, selected, sicMapping, ...parts };
}
