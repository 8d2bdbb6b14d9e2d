import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { VERSION, type Freshness, type MetricFacts } from '../index.js';

const RUN_STATUSES = ['running', 'completed', 'completed_with_holds', 'failed', 'cancelled', 'interrupted'] as const;
/** Finest around 20 ms, the target of a status request, and 2 s, the time-out of callers. */
const DURATION_BUCKETS = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 5];

/** The metrics of one server. Its registry is its own, so that two servers in one process are not added up. */
export class ServiceMetrics {
  private readonly registry = new Registry();
  private readonly runs = this.gauge('tickstock_runs', 'Runs stored, by status', ['status']);
  private readonly phase = this.gauge(
    'tickstock_phase_duration_seconds',
    'Duration of the newest completed run of each phase',
    ['phase'],
  );
  private readonly holds = this.gauge('tickstock_open_holds', 'Universes whose new membership is held back');
  private readonly backlog = this.gauge('tickstock_outbox_backlog', 'Events not delivered yet');
  private readonly oldest = this.gauge('tickstock_outbox_oldest_seconds', 'Age of the oldest event not delivered yet');
  private readonly published = this.gauge(
    'tickstock_published_session_timestamp_seconds',
    'The newest published session, as midnight UTC of that day',
  );
  private readonly behind = this.gauge(
    'tickstock_sessions_behind',
    'Sessions after the newest published one whose trigger time has passed',
  );
  private readonly late = this.gauge(
    'tickstock_session_late',
    '1 while a session that was due is not published in time',
  );
  private readonly runEnd = this.gauge('tickstock_last_run_end_timestamp_seconds', 'End of the newest run');
  private readonly runResult = this.gauge('tickstock_last_run', '1 for the status of the newest run', ['status']);
  private readonly slot = this.gauge('tickstock_slot', '1 for the state of the newest session of the schedule', [
    'state',
  ]);
  private readonly rejected = this.gauge('tickstock_rejected_rows', 'Rows that the newest import refused');
  private readonly exceptions = this.gauge('tickstock_open_exceptions', 'Findings that a person must decide');
  private readonly members = this.gauge('tickstock_universe_members', 'Members of each universe', ['universe']);
  private readonly gateValue = this.gauge('tickstock_gate_value', 'What a gate measured of the newest session', [
    'gate',
  ]);
  private readonly gateLimit = this.gauge('tickstock_gate_threshold', 'The limit of a gate', ['gate']);
  private readonly build = this.gauge('tickstock_build_info', '1; the version of the service', ['version']);
  private readonly database = this.gauge('tickstock_database_up', '1 while the database responds');
  private readonly running = this.gauge('tickstock_run_in_progress', '1 while a run is active in this process');
  private readonly requests = new Histogram({
    name: 'tickstock_http_request_duration_seconds',
    help: 'Response time by route, without event streams',
    labelNames: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS,
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.build.set({ version: VERSION }, 1);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  observe(method: string, route: string, status: number, seconds: number): void {
    this.requests.observe({ method, route, status }, seconds);
  }

  /** The text format of Prometheus. Without facts, when the database is unavailable, the figures from it are left out. */
  async render(facts: (MetricFacts & Freshness) | null, isRunning: boolean): Promise<string> {
    this.database.set(facts === null ? 0 : 1);
    this.running.set(isRunning ? 1 : 0);
    // Gauges without labels are removed: a reset would report 0.
    const { runs, phase, runResult, slot, members, gateValue, gateLimit } = this;
    for (const gauge of [runs, phase, runResult, slot, members, gateValue, gateLimit]) gauge.reset();
    const { holds, backlog, oldest, published, behind, late, runEnd, rejected, exceptions } = this;
    for (const gauge of [holds, backlog, oldest, published, behind, late, runEnd, rejected, exceptions]) gauge.remove();
    if (facts !== null) this.setFacts(facts);
    return this.registry.metrics();
  }

  private setFacts(facts: MetricFacts & Freshness): void {
    for (const status of RUN_STATUSES) this.runs.set({ status }, facts.runsByStatus[status] ?? 0);
    for (const [phase, seconds] of Object.entries(facts.phaseSeconds)) this.phase.set({ phase }, seconds);
    this.holds.set(facts.openHolds);
    this.backlog.set(facts.outboxBacklog);
    this.oldest.set(facts.outboxOldestSeconds);
    this.behind.set(facts.behind);
    this.late.set(facts.late === null ? 0 : 1);
    this.rejected.set(facts.rejectedRows);
    this.exceptions.set(facts.openExceptions);
    if (facts.lastRun !== null) {
      this.runEnd.set(facts.lastRun.endedAt);
      this.runResult.set({ status: facts.lastRun.status }, 1);
    }
    if (facts.slotState !== null) this.slot.set({ state: facts.slotState }, 1);
    for (const [universe, count] of Object.entries(facts.members)) this.members.set({ universe }, count);
    for (const { gate, measured, threshold } of facts.gates) {
      if (measured !== null) this.gateValue.set({ gate }, measured);
      if (threshold !== null) this.gateLimit.set({ gate }, threshold);
    }
    if (facts.publishedSession !== null) this.published.set(Date.parse(facts.publishedSession) / 1000);
  }

  private gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }
}
