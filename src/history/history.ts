import { writeExport, type ExportManifest, type ExportRequest } from './export/export.js';
import { readRefused, type RefusedRequest, type RefusedRows } from './rejected.js';
import { readSeries, type UniverseSeries } from './series.js';
import type { TradingCalendar } from '../core/calendar.js';
import { PipelineError } from '../core/errors.js';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { asPipelineError } from '../db/database-error.js';
import { readDiff, type UniverseDiff } from './diff.js';
import { readWhy } from './explain/explain.js';
import type { Why } from './explain/types.js';
import { resolveMoment, type Moment, type PointInTime } from './point-in-time.js';
import { readRuns, type RunFilter, type RunPage } from './runs.js';
import type { RunRecord } from './run-record.js';
import { readSecurity, type SecurityDetail } from './security.js';
import { readSymbolUniverses, type SymbolUniverses } from './symbol-universes.js';
import {
  readMembers,
  readPublication,
  readUniverse,
  readUniverses,
  type UniverseDetail,
  type UniverseOverview,
  type UniversePage,
} from './universes.js';

export type { DiffEnd, DiffEntry, UniverseDiff } from './diff.js';
export type { Why, WhyBanding, WhyChange, WhyFlip, WhyHold, WhyScope } from './explain/types.js';
export { readHealth, type Health } from './health.js';
export {
  readHold,
  readHoldGroup,
  readHolds,
  readSessionHold,
  type HoldDetail,
  type HoldFilter,
  type HoldRecord,
} from './holds.js';
export { readMetrics, type MetricFacts } from './metrics.js';
export type { ExportManifest, ExportRequest } from './export/export.js';
export type { PointInTime } from './point-in-time.js';
export type { RefusedRequest, RefusedRow, RefusedRows } from './rejected.js';
export type { SeriesPoint, UniverseSeries } from './series.js';
export { readStatus, type PipelineStatus, type RunFilter, type RunPage } from './runs.js';
export type { OpenHold, PhaseRecord, RunRecord } from './run-record.js';
export { HELD_SESSIONS, type HeldCandidate } from './read-holds.sql.js';
export type { SecurityDetail, SecurityTicker } from './security.js';
export type { SymbolUniverses } from './symbol-universes.js';
export type { UniverseDetail, UniverseMember, UniverseOverview, UniversePage } from './universes.js';

/** A page of a universe's members, now or at a point in time. */
export interface MembersRequest extends PointInTime {
  readonly limit: number;
  readonly offset?: number | undefined;
}

/** The two ends of a comparison. */
export interface DiffRequest {
  readonly from: SessionDate;
  /** Default: now. */
  readonly to?: SessionDate | undefined;
  readonly knownAt?: PointInTime['knownAt'] | undefined;
}

/** The last sessions of a universe; all of them optional. */
export interface SeriesRequest {
  readonly from?: SessionDate | undefined;
  readonly to?: SessionDate | undefined;
  /** Default: 60. */
  readonly limit?: number | undefined;
}

const SERIES_SESSIONS = 60;

/**
 * What is published and what has run, now or at a point in time: `pipeline.history`.
 *
 * Edges: every method throws EOD_DB_UNAVAILABLE when the database does not answer.
 */
export class History {
  constructor(
    private readonly database: Database,
    private readonly calendar: TradingCalendar,
  ) {}

  /** Every published universe with its size and what the newest session changed. */
  async universes(): Promise<readonly UniverseOverview[]> {
    return asPipelineError(readUniverses(this.database));
  }

  /**
   * A universe with its members and the session's changes.
   * @throws EOD_UNIVERSE_UNKNOWN naming the nearest, EOD_SESSION_INVALID
   */
  async universe(name: string, at: PointInTime = {}): Promise<UniverseDetail> {
    return this.at(at, (moment) => readUniverse(this.database, name, moment));
  }

  /** A page of a universe's members, without the changes. @throws as `universe` */
  async members(name: string, { limit, offset = 0, ...at }: MembersRequest): Promise<UniversePage> {
    return this.at(at, (moment) => readMembers(this.database, name, { limit, offset }, moment));
  }

  /** Members added and removed between two sessions. @throws as `universe` */
  async diff(name: string, { from, to, knownAt }: DiffRequest): Promise<UniverseDiff> {
    return this.at({ asOf: from, knownAt }, (first) =>
      this.at({ asOf: to, knownAt }, (last) => readDiff(this.database, name, first, last)),
    );
  }

  /**
   * Writes a range of sessions as CSV files with a manifest.
   * @throws EOD_USAGE when the folder is taken or cannot be written, or there are no bars; EOD_SESSION_INVALID
   */
  async export(request: ExportRequest): Promise<ExportManifest> {
    return asPipelineError(writeExport(this.database, this.calendar, request));
  }

  /** Rows that imports refused, and why; of one session. */
  async refused(request: RefusedRequest = {}): Promise<RefusedRows> {
    return asPipelineError(readRefused(this.database, request));
  }

  /** The size and the turnover of a universe on its last sessions, oldest first. @throws as `universe` */
  async series(name: string, { from, to, limit = SERIES_SESSIONS }: SeriesRequest = {}): Promise<UniverseSeries> {
    return this.at({ asOf: to }, (last) => readSeries(this.database, name, { from: from ?? null, limit }, last));
  }

  /**
   * Why a symbol is a member of a universe or is not, and what would change it.
   * @throws EOD_UNIVERSE_UNKNOWN, EOD_SYMBOL_UNKNOWN, EOD_SESSION_INVALID
   */
  async why(
    symbol: string,
    name: string,
    { session }: { readonly session?: SessionDate | undefined } = {},
  ): Promise<Why> {
    return this.at({ asOf: session }, (moment) => readWhy(this.database, this.calendar, symbol, name, moment));
  }

  /** The security that a ticker stands for, with its tickers, actions and exceptions. @throws EOD_SYMBOL_UNKNOWN, EOD_SESSION_INVALID */
  async security(symbol: string, at: PointInTime = {}): Promise<SecurityDetail> {
    return this.at(at, (moment) => readSecurity(this.database, this.calendar, symbol, moment));
  }

  /** The universes of a symbol. @throws EOD_SYMBOL_UNKNOWN, EOD_SESSION_INVALID */
  async symbol(symbol: string, at: PointInTime = {}): Promise<SymbolUniverses> {
    return this.at(at, (moment) => readSymbolUniverses(this.database, symbol, moment));
  }

  /** Runs by filter, newest first, and how many match in all. */
  async runs(filter: RunFilter): Promise<RunPage> {
    return asPipelineError(readRuns(this.database, filter));
  }

  /** @throws EOD_RUN_UNKNOWN */
  async run(runId: string): Promise<RunRecord> {
    const [run] = (await this.runs({ limit: 1, runId })).runs;
    if (run) return run;
    throw new PipelineError('EOD_RUN_UNKNOWN', `there is no run ${runId}`, {
      hint: '`tickstock history`, or GET /api/runs, lists them',
    });
  }

  /** A version of what is published: two reads under the same value saw the same. Any process changes it, by a cache sync or a decision on a hold. */
  async publication(): Promise<string> {
    return asPipelineError(readPublication(this.database));
  }

  private async at<Result>(at: PointInTime, read: (moment: Moment) => Promise<Result>): Promise<Result> {
    return asPipelineError(resolveMoment(this.database, this.calendar, at).then(read));
  }
}
