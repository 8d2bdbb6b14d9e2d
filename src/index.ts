/** Public API, listed by hand: what is not here may change without notice. */
export { createPipeline, type PipelineOptions } from './container.js';
export {
  loadConfig,
  type ConfigOrigin,
  type ConfigSetting,
  type ConfigSources,
  type LoadedConfig,
} from './config/load.js';
export { formatOrigin } from './config/problems.js';
export type { Config } from './config/schema.js';
export type { CalendarOverride, TradingCalendar } from './core/calendar.js';
export { systemClock, type Clock } from './core/clock.js';
export { ERRORS, PipelineError, toPipelineError, type ErrorCode } from './core/errors.js';
export { formatCount } from './core/format-count.js';
export type { Phase, PhaseContext, PhaseReport } from './core/phase.js';
export { parseSessionDate, type SessionDate } from './core/session.js';
export type { MigrationStatus } from './db/migrate.js';
export type { UniverseDetail, UniverseMember, UniverseOverview } from './db/read-universes.js';
export type { BackfillProgress, BackfillRequest, BackfillResult, BackfillSession } from './orchestrator/backfill.js';
export type { DataPlace, Pipeline } from './orchestrator/pipeline.js';
export type { PhaseRecord, PipelineStatus, RunRecord } from './orchestrator/read-runs.js';
export type { PhaseResult, RunRequest, RunResult } from './orchestrator/run.js';
export type { ProgressEvent } from './progress/events.js';
export type { RunProgress } from './progress/model.js';
export { attachTerminal, type ProgressStream } from './progress/terminal.js';
export { formatDuration } from './progress/lines.js';
export type { ProgressTracker } from './progress/tracker.js';
export { VERSION } from './core/version.js';
