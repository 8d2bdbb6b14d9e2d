import { hashConfig } from '../../../src/config/hash.js';
import type { Config } from '../../../src/config/schema/index.js';
import type { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import { Temporal } from 'temporal-polyfill';
import type { Transaction } from '../../../src/db/database.js';
import { VERSION } from '../../../src/core/version.js';
import type { OpenUniverse } from '../membership/compare-memberships.js';
import type { MembersSince } from '../membership/membership-ledger.js';
import type { Gate, SectorMove } from '../holds/gate.js';
import { asksForEarlier } from '../holds/gates/previous-close.js';
import type { UniverseRule } from '../universes/rule.js';
import { hashText } from '../hash-text.js';
import { FIND_SECTOR_MOVES } from './find-sector-moves.sql.js';
import { READ_MEMBERS_SINCE } from './read-members-since.sql.js';
import { loadPastFigures, loadSymbolPast } from './load-past.js';
import type { Past, PastFigures, SymbolPast } from '../valuation/past.js';
import type { PastMeasures } from '../valuation/past-measures.js';
import { readPastMeasures } from './read-past-measures.js';
import type { BarMeasures, UsualMeasures } from '../holds/session-measures.js';
import { countEarlier, countUnlisted, loadUsual } from './session-stats-sql.js';
import { toUniverseName } from '../universes/select-universes.js';
import { loadTurnoverHistory } from './turnover-history.js';
import type { TurnoverHistory } from '../holds/turnover-ratio.js';

/** The past by which a session is judged. */
export interface SyncPast {
  readonly past: Past;
  readonly usual: UsualMeasures;
  readonly history: TurnoverHistory;
  readonly sectorMoves: readonly SectorMove[];
  readonly pastMeasures: PastMeasures;
}

type Client = Transaction['client'];

/** The past of a session without the figures of its symbols, which another connection may read meanwhile. */
export interface JudgedPast extends Omit<SyncPast, 'past'> {
  readonly symbols: SymbolPast;
}

/** Reads the past of a session: of its symbols, and the usual values. */
export async function readSyncPast(
  client: Client,
  session: SessionDate,
  config: Config,
  calendar: TradingCalendar,
): Promise<SyncPast> {
  const judged = await readJudgedPast(client, session, config, calendar);
  return joinPast(judged, await loadPastFigures(client, session));
}

export async function readJudgedPast(
  client: Client,
  session: SessionDate,
  config: Config,
  calendar: TradingCalendar,
): Promise<JudgedPast> {
  const { recentIpos, delistAfterSessions, delistQuietAfterSessions } = config.universes;
  const listedFrom = Temporal.PlainDate.from(session).subtract({ days: recentIpos.days }).toString();
  const history = await loadTurnoverHistory(client, session, config.gates.turnover.sessions);
  const usual = await loadUsual(client, session, {
    sessions: config.gates.volume.sessions,
    isEarlyClose: (day) => calendar.isEarlyClose(day),
  });
  const calendarSince = calendar.previous(session, delistAfterSessions - 1);
  const window = { listedFrom, delistAfterSessions, delistQuietAfterSessions, calendarSince };
  const symbols = await loadSymbolPast(client, session, window);
  const sectorMoves = await FIND_SECTOR_MOVES.rows(client, { session });
  const pastMeasures = await readPastMeasures(client, session, config, calendar);
  return { symbols, usual, history, sectorMoves, pastMeasures };
}

export function joinPast({ symbols, ...judged }: JudgedPast, figures: PastFigures): SyncPast {
  return { past: { ...symbols, figures }, ...judged };
}

/** Adds what few sessions need and is therefore not read with the market: bars of unlisted symbols, and a comparison with an earlier session. */
export async function completeBars(
  client: Client,
  session: SessionDate,
  config: Config,
  bars: BarMeasures,
): Promise<BarMeasures> {
  const all = bars.unlistedBars === 0 ? bars : await countUnlisted(client, session, bars);
  return asksForEarlier(all, config.gates) ? countEarlier(client, session, all) : all;
}

/** First session of each membership as it was before a session, of the universes whose rules use it: banded ones, and themes with rules. */
export async function readMembersSince(
  client: Client,
  config: Config,
  universes: readonly OpenUniverse[],
  session: SessionDate,
): Promise<MembersSince> {
  const asking = universes.filter((universe) => !universe.isRetired && asksSince(universe, config));
  if (asking.length === 0) return new Map();
  const rows = await READ_MEMBERS_SINCE.rows(client, { universes: asking.map((universe) => universe.id), session });
  const byId = new Map(rows.map((row) => [row.id, new Map(Object.entries(row.members))]));
  return new Map(
    asking.map((universe) => [toUniverseName(universe), byId.get(universe.id) ?? new Map<string, SessionDate>()]),
  );
}

export function asksSince(
  { name, key }: { readonly name: string; readonly key: string },
  { universes, themes }: Config,
): boolean {
  if (name === 'themes') return themes.some((theme) => theme.key === key && theme.rules !== undefined);
  return universes.banding.some(({ universe }) => universe === key || `${universe}_banded` === key);
}

/** The same input has the same hash: everything that decides the result of a session, given the earlier sessions: settings, rules, gates, rows. */
export function hashInput(
  session: SessionDate,
  config: Config,
  marketHash: string,
  { rules, gates }: { readonly rules: readonly DecidingUnit[]; readonly gates: readonly DecidingUnit[] },
): string {
  const versions = [...rules, ...gates].map(({ id, version }) => [id, version]);
  return hashText(JSON.stringify([session, VERSION, hashConfig(config), versions, marketHash]));
}

/** The part of a rule or a gate in the hash of the input. */
type DecidingUnit = Pick<UniverseRule | Gate, 'id' | 'version'>;
