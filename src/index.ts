/** Public API, listed by hand: everything else may change without notice. */
export { createPipeline, registerTickstock, type HostPhase, type PipelineOptions } from './container.js';
// After the container, which loads what decorators of phases need.
export type { Extensions } from './extensions.js';
export {
  checkSource,
  type BarRecord,
  type CacheLayout,
  type Formula,
  type Gate,
  type GateFacts,
  type GateResult,
  type Identifiers,
  type Listing,
  type Market,
  type MarketSource,
  type RejectedRow,
  type SourceCheck,
  type SourceFeed,
  type SourceParts,
  type SourceQuote,
  type SourceRequest,
  type SourceRow,
  type Stock,
  type SymbolRecord,
  type Universe,
  type UniverseRule,
  type Valued,
} from '../phases/index.js';
export {
  loadConfig,
  type ConfigOrigin,
  type ConfigSetting,
  type ConfigSources,
  type LoadedConfig,
} from './config/load.js';
export { packageDir } from './config/package-dir.js';
export { formatOrigin } from './config/problems.js';
export type { Config } from './config/schema/index.js';
export type { CalendarOverride, TradingCalendar } from './core/calendar.js';
export { systemClock, type Clock } from './core/clock.js';
export {
  ERRORS,
  FINDINGS_EXIT_CODE,
  NOT_ACCEPTED_EXIT_CODE,
  NOT_READY_EXIT_CODE,
  HELD_EXIT_CODE,
  LATE_EXIT_CODE,
  PipelineError,
  toPipelineError,
  type ErrorCode,
} from './core/errors.js';
export { CSV_PRESETS } from './core/csv-form.js';
export { EXPORT_FORMATS, type ExportFormat } from './core/export-formats.js';
export { formatCount } from './core/format-count.js';
export { formatUsd } from './core/format-usd.js';
export { toCompletionTime, toPercent, toSeconds } from './core/measures.js';
export { describeMeasure, formatMeasure, MEASURES, type MeasureName } from './core/ranking-measures.js';
export type { FunnelStep, TriedMember, TriedUniverse, TrialRequest, UniverseTrial } from './core/universe-trial.js';
export { silentLogger, type Logger } from './core/logger.js';
export type {
  EventDraft,
  HoldApproval,
  Phase,
  PhaseContext,
  PhaseEvents,
  PhaseOutcome,
  PhasePosition,
  PhaseReport,
  RunFacts,
} from './core/phase.js';
export { NOTIFICATION_CAUSES, type NotificationCause } from './core/notification-causes.js';
export { RIGHTS, type Right } from './core/rights.js';
export { RUN_MODES, type RunMode } from './core/run-mode.js';
export type {
  ParityDifference,
  PhaseParity,
  PhasePreview,
  PreviewedChange,
  PreviewedGate,
  PreviewedRow,
  PreviewedUniverse,
  PreviewRequest,
} from './core/preview.js';
export { parseSessionDate, type SessionDate } from './core/session.js';
export { toSnakeCase, type SnakeCased } from './core/snake-case.js';
export type { Database, Transaction } from './db/database.js';
export type { MigrationStatus } from './db/migrate.js';
export type {
  DiffEnd,
  DiffEntry,
  DiffRequest,
  ExportManifest,
  ExportRequest,
  Health,
  HeldCandidate,
  History,
  HoldDetail,
  HoldFilter,
  HoldRecord,
  MembersRequest,
  MetricFacts,
  OpenHold,
  PhaseRecord,
  PipelineStatus,
  PointInTime,
  RunFilter,
  RunPage,
  RunRecord,
  SecurityDetail,
  SecurityTicker,
  RefusedRequest,
  RefusedRow,
  RefusedRows,
  SeriesPoint,
  SeriesRequest,
  SymbolUniverses,
  UniverseDetail,
  UniverseDiff,
  UniverseMember,
  UniverseOverview,
  UniversePage,
  UniverseSeries,
  Why,
  WhyBanding,
  WhyChange,
  WhyFlip,
  WhyHold,
  WhyScope,
} from './history/history.js';
export { draftEvent, type EventDefinition } from './events/event.js';
export type { EventEnvelope } from './events/envelope.js';
export { EVENTS } from './events/catalogue/index.js';
export type { EventPage, EventsRequest } from './events/replay.js';
export type { BackfillProgress, BackfillRequest, BackfillResult, BackfillSession } from './orchestrator/backfill.js';
export type { ImportRangeRequest, ImportRangeResult } from './orchestrator/import-range.js';
export type { HoldDecision } from './orchestrator/holds.js';
export type { DataStorage } from './orchestrator/pipeline-parts.js';
export type { PhaseName, Pipeline } from './orchestrator/pipeline.js';
export type { NotificationRecord, PipelineNotifications, TestResult } from './orchestrator/pipeline-notifications.js';
export type { ApprovalRequest, PipelineHolds, RejectionRequest } from './orchestrator/pipeline-holds.js';
export type { PipelineExceptions } from './orchestrator/pipeline-exceptions.js';
export type { PipelineSecurities } from './orchestrator/pipeline-securities.js';
export type { PipelineSchedule } from './orchestrator/pipeline-schedule.js';
export type { PipelineService } from './orchestrator/pipeline-service.js';
export type { PreviewOptions, TrialOptions } from './orchestrator/preview.js';
export type { PhaseResult, RunRequest, RunResult, StartedRun } from './orchestrator/run/run-request.js';
export type { RunningRun } from './orchestrator/run/running-run.js';
export type { ScheduleChanges, ScheduleState } from './orchestrator/schedule/schedule.js';
export type { DatabaseSize, TableSize } from './db/sizes.js';
export type { BackfillPreview, BackfillStep } from './orchestrator/preview-backfill.js';
export type { RepublishRange } from './events/republish.js';
export type { PipelineHandover } from './orchestrator/pipeline-handover.js';
export type { HandoverReason, HandoverReport, OrphanedRow } from './core/handover.js';
export type { RowAlias } from './core/row-handover.js';
export type { AnnouncedDay, PipelineAnnouncements } from './orchestrator/pipeline-announcements.js';
export { announcedDaySchema } from './orchestrator/schedule/announced-day.js';
export { scheduleChangesSchema } from './orchestrator/schedule/schedule-changes.js';
export type { ExceptionFilter, ExceptionRecord, ExceptionState } from './exceptions/exceptions.js';
export { ADJUSTMENTS, type Adjustment, type Bar, type BarsRequest } from './securities/actions/bars.js';
export type {
  ActionEntry,
  ActionFilter,
  CorporateAction,
  EnteredKind,
} from './securities/actions/corporate-actions.js';
export type { ProgressEvent } from './progress/events.js';
export type { RunProgress } from './progress/model.js';
export { LiveLine, type ProgressStream } from './progress/live-line.js';
export { attachTerminal } from './progress/terminal.js';
export { formatDuration, toRangeLine } from './progress/lines.js';
export type { ProgressSubscriber, ProgressTracker } from './progress/tracker.js';
export { TOKENS } from './tokens.js';
export { VERSION } from './core/version.js';
export { VERDICTS, type Verdict } from './core/verdicts.js';
export type { SessionVerdict } from './orchestrator/schedule/verdict.js';
export type { Freshness, SessionsRequest } from './orchestrator/schedule/sessions.js';
export type { CheckResult } from './orchestrator/doctor/doctor.js';
