import pLimit from 'p-limit';
import { PipelineError, type ErrorCode } from '../../core/errors.js';
import type { Limiter, Phase, PhaseContext, PhaseOutcome, PhaseReport, RunFacts } from '../../core/phase.js';
import { analyzeChanged } from '../../db/analyze-changed.js';
import { toDatabaseError } from '../../db/database-error.js';
import { endTransactions } from '../../db/lease.js';
import { announcePhaseEnd, announcePhaseStart, announceRunEnd, announceRunStart, toJob } from './run-events.js';
import { toTotals } from '../../core/run-totals.js';
import { prune } from './prune.js';
import { bridgeProgress, type ProgressBridge } from './progress-bridge.js';
import { fencedError } from './fenced-error.js';
import { orAbandoned, retryTransient } from './retry.js';
import type { RunStore } from './run-store.js';
import type { NewRun, EndedRunStatus } from './run-types.js';
import type { OrchestratorParts, PhaseResult, RunResult } from './run-request.js';

/** A lost connection may be followed by a working one, and the end of a run whose data is committed is worth a retry. */
const MIN_RETRY_MS = 1000;
/** A phase has this long to end after its signal; it takes milliseconds unless it ignores the signal. */
const GRACE_MS = 5000;
/** The largest delay of a timer. */
const NO_LIMIT_MS = 2 ** 31 - 1;

/** The execution of one run: each phase in order, the first failure ends it, every step is stored as it happens. */
export class Execution {
  readonly startedAt: number;
  private readonly limit: Limiter;
  private bridge: ProgressBridge | undefined;
  /** Symbols the run works on, as known so far. */
  symbols = 0;

  constructor(
    private readonly parts: OrchestratorParts,
    private readonly store: RunStore,
    private readonly run: NewRun,
    private readonly signal: AbortSignal,
    /** Phases that completed before this process took the run over, and when the run began. */
    private readonly resumed?: { readonly startedAt: number; readonly completed: readonly PhaseResult[] },
  ) {
    this.startedAt = resumed?.startedAt ?? parts.clock.now();
    this.limit = pLimit(parts.concurrency);
  }

  /** Records the run, unless it was taken over: from here on its end is always reported by an event. */
  async begin(): Promise<void> {
    const { id, session, phases } = this.run;
    this.symbols = await this.store.countSymbols();
    if (this.resumed === undefined) {
      await this.prune();
      const events = announceRunStart(this.facts(), this.run);
      await this.store.start(this.run, new Date(this.startedAt), events);
    }
    this.parts.sink?.wake();
    this.parts.tracker.startRun({ runId: id, session, phases });
    for (const { id: phase, report } of this.resumed?.completed ?? [])
      this.parts.tracker.finishPhase(phase, 'completed', report?.summary ?? '');
  }

  async finish(): Promise<RunResult> {
    const { tracker, clock, sink } = this.parts;
    this.bridge = sink && bridgeProgress(tracker, this.run.phases, () => this.facts(), clock, sink);
    const results: PhaseResult[] = [...(this.resumed?.completed ?? [])];
    const open = this.run.phases.filter(({ id }) => !results.some((result) => result.id === id));
    for (const phase of open) {
      const result = await this.runPhase(phase);
      sink?.wake();
      results.push(result);
      if (result.error) break;
    }
    this.bridge?.stop();
    const error = results.at(-1)?.error;
    const status = overallStatus(results);
    const durationMs = clock.now() - this.startedAt;
    // Also when the end cannot be recorded: followers of the run must not wait forever.
    const finishRun = (): void => tracker.finishRun(status === 'completed_with_holds' ? 'completed' : status);
    await this.recordEnd(results, status, durationMs, error).finally(finishRun);
    // After the end, so that followers of the run do not wait for it; if it fails autovacuum follows.
    await analyzeChanged(this.parts.database).catch(() => undefined);
    sink?.wake();
    const { id: runId, session } = this.run;
    return { runId, session, status, durationMs, phases: results, ...(error && { error }) };
  }

  private async runPhase(phase: Phase): Promise<PhaseResult> {
    const { tracker, clock } = this.parts;
    const startedAt = clock.now();
    const ended = { id: phase.id, title: phase.title };
    const timeLimit = AbortSignal.timeout(this.parts.phaseTimeoutMs ?? NO_LIMIT_MS);
    try {
      this.signal.throwIfAborted();
      const signal = AbortSignal.any([this.signal, timeLimit]);
      const report = await this.attemptPhase(phase, signal, startedAt);
      const status = report.held ? 'completed_with_holds' : 'completed';
      // An import may have added symbols, or the first ones.
      if (report.changed) this.symbols = await this.store.countSymbols().catch(() => this.symbols);
      tracker.finishPhase(phase.id, 'completed', report.summary);
      return { ...ended, status, durationMs: clock.now() - startedAt, report };
    } catch (thrown) {
      const error = this.signal.aborted
        ? abortError(this.signal, thrown)
        : await this.toPhaseError(timeLimit.aborted ? timeoutError(phase, this.parts.phaseTimeoutMs, thrown) : thrown);
      // The transactions of a phase that continues regardless of its signal; it can no longer complete either way.
      if (thrown instanceof PipelineError && thrown.code === 'EOD_PHASE_FAILED' && this.hasStopped(timeLimit))
        await endTransactions(this.parts.database, this.parts.database.instance);
      const status = error.code === 'EOD_CANCELLED' ? 'cancelled' : 'failed';
      const durationMs = clock.now() - startedAt;
      const events = this.announceEnd(phase, { durationMs, error });
      await this.store.failPhase(this.run, phase.id, error, this.now(), events).catch(keepFirst(error));
      tracker.finishPhase(phase.id, status, error.message);
      return { ...ended, status, durationMs, error };
    }
  }

  /** Retries what failed for a transient reason: a phase publishes in one transaction, so a failed attempt has left nothing. */
  private async attemptPhase(phase: Phase, signal: AbortSignal, startedAt: number): Promise<PhaseReport> {
    const { tracker, sink, logger, retryMs: withinMs = 0 } = this.parts;
    const retry = { withinMs, signal, what: phase.id, ...(logger && { logger }) };
    const events = announcePhaseStart(phase, this.facts(), tracker.snapshot(), this.now());
    await retryTransient(() => this.store.startPhase(this.run, phase.id, this.now(), events), retry);
    sink?.wake();
    let isRepeated = false;
    return retryTransient(async () => {
      const done = isRepeated ? await this.store.findReport(this.run, phase.id) : undefined;
      if (done) return done;
      isRepeated = true;
      let isCompleted = false;
      const work = phase.run(this.createContext(phase, signal, startedAt, () => (isCompleted = true)));
      const report = await orAbandoned(work, signal, GRACE_MS);
      if (!isCompleted) throw new Error(`phase ${phase.id} ended without calling completeIn`);
      return report;
    }, retry);
  }

  private createContext(phase: Phase, signal: AbortSignal, startedAt: number, onCompleted: () => void): PhaseContext {
    const { session, mode, force, recompute, approval, replayFrom } = this.run;
    const { tracker, clock } = this.parts;
    return {
      runId: this.run.id,
      session,
      mode,
      force,
      recompute,
      approval,
      replayFrom,
      signal,
      limit: this.limit,
      progress: tracker.startPhase(phase.id),
      clock,
      assertOwner: (transaction) => this.store.assertOwner(transaction, this.run),
      completeIn: async (transaction, report) => {
        // A phase that ignores its signal must not publish what is reported as cancelled or failed.
        if (signal.aborted) throw fencedError(this.run.id, signal.reason);
        const events = this.announceEnd(phase, { durationMs: clock.now() - startedAt, report });
        await this.store.completePhase(transaction, this.run, phase.id, report, this.now(), events);
        onCompleted();
      },
    };
  }

  private announceEnd(phase: Phase, outcome: PhaseOutcome) {
    this.bridge?.endPhase(phase.id);
    return announcePhaseEnd(phase, this.facts(), outcome, this.parts.tracker.snapshot(), this.now());
  }

  private async prune(): Promise<void> {
    const { database, retention, sink } = this.parts;
    if (retention !== undefined)
      await prune(database, retention, { onlyDelivered: sink !== undefined, at: this.now() });
  }

  private async recordEnd(
    results: readonly PhaseResult[],
    status: EndedRunStatus,
    durationMs: number,
    error: PipelineError | undefined,
  ): Promise<void> {
    const reports = results.flatMap(({ report }): readonly PhaseReport[] => (report ? [report] : []));
    const totals = toTotals(reports);
    const { id: runId, session, phases } = this.run;
    const jobs = phases.map(toJob);
    const events = announceRunEnd({ runId, session, jobs, status, totals, durationMs, error });
    const outcome = { counters: sumCounters(results), totals, error };
    const { logger, retryMs = 0 } = this.parts;
    const retry = {
      withinMs: this.signal.aborted ? MIN_RETRY_MS : Math.max(retryMs, MIN_RETRY_MS),
      what: 'storing the end of the run',
      // A run that is cancelled meanwhile does not wait for the database.
      ...(!this.signal.aborted && { signal: this.signal }),
      ...(logger && { logger }),
    };
    await retryTransient(() => this.store.finish(this.run, status, this.now(), outcome, events), retry).catch(
      keepFirst(error),
    );
  }

  private hasStopped(timeLimit: AbortSignal): boolean {
    return this.signal.aborted || timeLimit.aborted;
  }

  /** A run that was taken over may fail on rows of its successor before it reaches the fence: that error is not reported as its own. */
  private async toPhaseError(thrown: unknown): Promise<PipelineError> {
    const error = toDatabaseError(thrown);
    const isOwner = await this.store.isOwner(this.run).catch(() => true);
    return isOwner || error.code === 'EOD_FENCED' ? error : fencedError(this.run.id, error);
  }

  private facts(): RunFacts {
    const { id: runId, session, mode, force } = this.run;
    return { runId, session, mode, force, symbols: this.symbols };
  }

  private now(): Date {
    return new Date(this.parts.clock.now());
  }
}

function overallStatus(results: readonly PhaseResult[]): EndedRunStatus {
  const last = results.at(-1);
  if (last?.error) return last.status;
  return results.some((result) => result.status === 'completed_with_holds') ? 'completed_with_holds' : 'completed';
}

function sumCounters(results: readonly PhaseResult[]): Record<string, number> {
  const entries = results.flatMap(({ id, report }) =>
    Object.entries(report?.counters ?? {}).map(([name, value]) => [`${id}.${name}`, value] as const),
  );
  return Object.fromEntries(entries);
}

const ABORTS: ReadonlySet<ErrorCode> = new Set(['EOD_CANCELLED', 'EOD_FENCED']);

/** The reason may name the user who cancelled, or say that another process has taken over. */
function abortError(signal: AbortSignal, cause: unknown): PipelineError {
  const reason: unknown = signal.reason;
  if (reason instanceof PipelineError && ABORTS.has(reason.code)) return reason;
  return new PipelineError('EOD_CANCELLED', 'the run was cancelled', { cause });
}

function timeoutError(phase: Phase, limitMs = 0, cause: unknown): PipelineError {
  return new PipelineError(
    'EOD_PHASE_TIMEOUT',
    `${phase.id} took more than ${limitMs / 60_000} minutes and was stopped`,
    {
      hint: 'check what keeps the database busy (pg_stat_activity), then run it again; the limit is run.phaseTimeoutMinutes',
      cause,
    },
  );
}

/** The failure cannot be recorded when the database is unavailable: the user must see the error of the phase, and the next run marks the row. */
function keepFirst(first: PipelineError | undefined): (later: unknown) => void {
  return (later) => {
    if (first === undefined) throw later;
  };
}
