import { PipelineError } from '../../src/core/errors.js';
import type { PhaseContext, PhaseReport } from '../../src/core/phase.js';
import type { SessionDate } from '../../src/core/session.js';
import type { Transaction } from '../../src/db/database.js';
import { readCacheConfig } from './cache-config.js';
import { computeSync, type ComputedSync } from './compute-sync.js';
import { fillSectors } from './fill-sectors.js';
import { hashQuotes, loadMarket } from './load-market.js';
import { writeMeasures } from './measure-session.js';
import { MemberBook } from './member-book.js';
import { writeUniverses } from './open-universes.js';
import { finishReplay, type ReplayedSessions } from './finish-replay.js';
import { readLayout, type SyncParts } from './read-sync.js';
import { readSettledHolds, recordHeld, supersedeAudit, supersedeEvents } from './replay-records.js';
import { RULES } from './rules/index.js';
import type { Universe } from './rule.js';
import { toUniverseName } from './select-universes.js';
import type { SicMapping } from './sic-mapping.js';
import { listReportedInactive, writeSymbolEvents } from './symbol-life.js';
import { hashInput, readSyncPast } from './sync-input.js';
import { scopeOf } from './tasks.js';
import { retireUniverses, writeAudit, type Publication } from './write-memberships.js';
import { writeValuations } from './write-valuations.js';

type Client = Transaction['client'];

/**
 * Recomputes every session from `from` to the run's own, oldest first, and corrects what was believed of them, in one transaction: readers see
 * the whole correction or nothing of it, and a replay that dies has changed nothing.
 *
 *  1. Membership as it was believed before `from` is the start (`member-book.ts`); audit and symbol events from then on are taken back.
 *  2. Each session is computed as on its evening, from its bars, from what the source said and from the facts as they were known then; its
 *     figures, measures, holds, audit and symbol events are written. Holds that were approved are let through again.
 *  3. At the end what is no longer believed is marked with the time, what is new is added, and what came out as before is left as it was; the
 *     rows of `cache_entries` follow (`finish-replay.ts`).
 */
export async function replaySessions(parts: SyncParts, context: PhaseContext, from: SessionDate): Promise<PhaseReport> {
  return parts.database.transaction(async ({ client }) => {
    const sessions = await readSessions(client, from, context.session);
    const task = context.progress.startTask('replay', 'Replaying sessions', sessions.length + 1);
    const layout = await readLayout(client);
    const read = await readCacheConfig(client, parts.config, layout);
    const replay = await startReplay(client, context, { ...parts, config: read.config }, from, read.sicMapping);
    let last: ReplayedSession | undefined;
    for (const session of sessions) {
      context.signal.throwIfAborted();
      last = await replaySession(client, replay, session, session === context.session);
      task.advance(1, session);
    }
    if (last === undefined) throw new Error('a replay has at least one session');
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
  readonly at: Date;
  readonly book: MemberBook;
  /** The newest selection that was published of each universe: what its rows are to show. */
  readonly newest: Map<string, Universe>;
  readonly held: { count: number };
}

interface ReplayedSession {
  readonly computed: ComputedSync;
  readonly inputHash: string;
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
  return { context, parts, sicMapping, at, book, newest: new Map(), held: { count: 0 } };
}

async function replaySession(
  client: Client,
  replay: Replay,
  session: SessionDate,
  isLast: boolean,
): Promise<ReplayedSession> {
  const { book, at, context } = replay;
  const { config, calendar } = replay.parts;
  const past = await readSyncPast(client, session, config, calendar, () => Promise.resolve(book.since));
  const loaded = fillSectors(await loadMarket(client, session, 'as-of', () => undefined), replay.sicMapping);
  const open = book.open;
  const approved = await readSettledHolds(client, session);
  const scope = scopeOf('full', RULES);
  const skips = (gate: string, universe: { type: string; name: string; key: string } | null): boolean =>
    approved.has(`${gate} ${universe === null ? '' : toUniverseName(universe)}`);
  const input = { session, scope, securities: loaded.securities, open, past, skips };
  const computed = await computeSync(input, config, calendar);
  const { comparison, market } = computed;
  const ids = await writeUniverses(client, comparison.published, session);
  const publication: Publication = { runId: context.runId, session, at, ids, isRepeat: true };
  await writeValuations(client, market, true, () => undefined);
  await writeMeasures(client, session, past.measures);
  await writeAudit(client, comparison.changes, publication);
  await retireUniverses(client, comparison.retired, publication);
  await writeSymbolEvents(client, [...computed.symbolEvents, ...listReportedInactive(comparison, market)], publication);
  const inputHash = hashInput(session, config, loaded, await hashQuotes(client, session));
  await recordHeld(client, comparison.holds, { ...publication, inputHash, isLast });
  book.apply(comparison, session, ids);
  for (const universe of comparison.published) replay.newest.set(toUniverseName(universe), universe);
  if (comparison.holds.length > 0) replay.held.count += 1;
  return { computed, inputHash };
}

function toReplayed(
  { parts, book, newest, held, at }: Replay,
  last: ReplayedSession,
  sessions: readonly SessionDate[],
  from: SessionDate,
): ReplayedSessions {
  const retired = new Set(book.retired);
  const universes = [...newest].flatMap(([name, universe]) => (retired.has(name) ? [] : [universe]));
  return { ...last, from, at, sessions: sessions.length, held: held.count, book, universes, ...parts };
}

/**
 * The sessions to recompute: all that were imported or published, up to the run's own.
 * @throws EOD_SESSION_INVALID when the first is none of them
 */
async function readSessions(client: Client, from: SessionDate, to: SessionDate): Promise<SessionDate[]> {
  const { rows } = await client.query<{ session: SessionDate }>(
    `select distinct to_char(session, 'YYYY-MM-DD') as session from pipeline.phase_run
     where phase in ('import', 'cache-sync') and status in ('completed', 'completed_with_holds') and session between $1 and $2
     order by 1`,
    [from, to],
  );
  const sessions = rows.map((row) => row.session);
  if (sessions[0] === from && sessions.at(-1) === to) return sessions;
  throw new PipelineError('EOD_SESSION_INVALID', `there is nothing of ${from} to recompute`, {
    hint: sessions[0] === undefined ? 'import it first' : `the next session there is is ${sessions[0]}`,
  });
}
