import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import type { RandomStream } from '../../../phases/import/sample-market/random.js';
import { Database } from '../../../src/db/database.js';
import type { LeaseTimes } from '../../../src/db/lease.js';
import { startPgBouncer, type TestPooler } from '../../support/pgbouncer.js';
import { dumpTables } from '../../support/table-dump.js';
import { openDrillPipeline, SESSION } from './drill-pipeline.js';

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
export const SHORT: LeaseTimes = { heartbeatMs: 200, expiryMs: 1000 };
export const DEFAULT: LeaseTimes = { heartbeatMs: 5000, expiryMs: 20_000 };
const END_MS = 60_000;
/** Shorter than a lease lasts. */
const LEASE_LOOKS = 25;
/** Inside of JSON, such as when the statistics of the universe were computed. */
const INSTANTS = /\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)/g;

/** What is done to the process that has the run. */
type Fault = 'kill' | 'suspend' | 'cut' | 'cut and kill';

export interface RoundKind {
  readonly name: string;
  readonly fault: Fault;
  readonly lease: LeaseTimes;
  /** In a pid namespace of its own, so that its death shows only by its lease. */
  readonly isElsewhere?: boolean;
  /** Services that are ready to take the run over. */
  readonly services: number;
  readonly pooled?: boolean;
  /** How far the clock of the process that has the run first is off. */
  readonly skewMs?: number;
}

/** The result of one round. */
export interface Round {
  readonly kind: string;
  /** When the fault struck, as a share of an undisturbed run. */
  readonly at: number;
  /** What the run was doing: a phase, or that it had not begun or had ended. */
  readonly during: string;
  /** From the fault to the new owner; null when no one had to take over. */
  readonly takeoverMs: number | null;
  /** What is wrong afterwards; none is a survival. */
  readonly problems: readonly string[];
}

/** What an undisturbed run leaves. */
export interface Expected {
  readonly wallMs: number;
  readonly tables: Readonly<Record<string, readonly string[]>>;
  readonly events: readonly string[];
}

/** Makes the databases of the rounds from one that has everything but the session. */
export class Rounds {
  private count = 0;

  constructor(
    private readonly admin: Database,
    private readonly template: string,
    private readonly baseUrl: string,
    private readonly random: RandomStream,
  ) {}

  /** Runs without a fault, after a first one that warms the server up. */
  async expect(): Promise<Expected> {
    await this.measure();
    return this.measure();
  }

  async make(kind: RoundKind, expected: Expected): Promise<Round> {
    return this.withDatabase(kind.pooled ?? false, async (url, direct) => {
      const services = await Promise.all(
        Array.from({ length: kind.services }, () => openDrillPipeline(url, kind.lease)),
      );
      const worker = await Worker.start(url, kind);
      try {
        for (const service of services) service.service.start();
        const at = this.random.uniform() * 1.1;
        await worker.begin();
        await delay(at * expected.wallMs);
        const during = await describeMoment(direct);
        const strickenAt = performance.now();
        const strike = await this.strike(worker, kind, direct);
        const takeoverMs = await untilEnded(direct, strickenAt);
        await strike.end();
        const problems = await findProblems(direct, expected);
        return { kind: kind.name, at, during, takeoverMs, problems };
      } finally {
        await worker.kill();
        for (const service of services) await service.close({ drainMs: 0 });
      }
    });
  }

  private async strike(
    worker: Worker,
    { fault, lease }: RoundKind,
    direct: Database,
  ): Promise<{ end(): Promise<void> }> {
    const none = { end: () => Promise.resolve() };
    if (fault.startsWith('cut')) await cutConnections(direct);
    if (fault === 'kill' || fault === 'cut and kill') await worker.kill();
    if (fault !== 'suspend') return none;
    worker.signal('SIGSTOP');
    // It wakes up while another process has, or has had, its run.
    return {
      end: async () => {
        await delay(lease.expiryMs / 4);
        worker.signal('SIGCONT');
        await worker.ended(10_000);
      },
    };
  }

  private async measure(): Promise<Expected> {
    return this.withDatabase(false, async (url, direct) => {
      const worker = await Worker.start(url, { lease: DEFAULT });
      const since = performance.now();
      await worker.begin();
      await untilEnded(direct, since);
      const wallMs = performance.now() - since;
      await worker.ended(END_MS);
      return { wallMs, tables: await dumpTables(direct), events: await readEvents(direct) };
    });
  }

  private async withDatabase<Result>(
    isPooled: boolean,
    work: (url: string, direct: Database) => Promise<Result>,
  ): Promise<Result> {
    this.count += 1;
    const name = `drill_${process.pid}_${this.count}`;
    // A database that is copied must have no connections.
    await this.admin.pool.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
      this.template,
    ]);
    await this.admin.pool.query(`create database ${name} template "${this.template}" strategy file_copy`);
    const direct = Object.assign(new URL(this.baseUrl), { pathname: `/${name}` }).href;
    const pooler: TestPooler | undefined = isPooled ? await startPgBouncer(direct, 'transaction') : undefined;
    const database = Database.connect({ url: direct, poolSize: 2, connectTimeoutMs: 10_000 });
    try {
      return await work(pooler?.url ?? direct, database);
    } finally {
      await database.close();
      await pooler?.stop();
      await this.admin.pool.query(`drop database ${name} with (force)`);
    }
  }
}

/** The process that has the run first. */
class Worker {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: Interface,
    private readonly exited: Promise<unknown>,
  ) {}

  static async start(url: string, kind: Pick<RoundKind, 'lease' | 'isElsewhere' | 'skewMs'>): Promise<Worker> {
    const { heartbeatMs, expiryMs } = kind.lease;
    const settings = [heartbeatMs, expiryMs, kind.skewMs ?? 0].map(String);
    const command = [process.execPath, '--import', 'tsx', WORKER, url, ...settings];
    const [program = '', ...rest] = kind.isElsewhere
      ? ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child', ...command]
      : command;
    const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const worker = new Worker(child, createInterface({ input: child.stdout }), exited);
    await worker.next('ready');
    return worker;
  }

  /** Resolves when it was told to begin: a fault may strike before it has. */
  begin(): Promise<void> {
    this.child.stdin?.write('go\n');
    return Promise.resolve();
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  async ended(withinMs: number): Promise<void> {
    const late = delay(withinMs, 'late', { ref: false });
    if ((await Promise.race([this.exited, late])) === 'late')
      throw new Error(`the process did not end in ${withinMs} ms`);
  }

  private async next(expected: string): Promise<void> {
    const [line] = (await Promise.race([
      once(this.lines, 'line'),
      this.exited.then(() => Promise.reject(new Error('the process ended before it was ready'))),
    ])) as [string];
    if (line !== expected) throw new Error(`the process said ${line}, not ${expected}`);
  }
}

/** The phase of the run, and whether one of its transactions was open. */
async function describeMoment({ pool }: Database): Promise<string> {
  const { rows } = await pool.query<{ moment: string }>(
    `select coalesce((select p.phase || case when exists (
              select from pg_stat_activity where datname = current_database() and xact_start is not null
                and application_name like 'tickstock-daily %' and pid <> pg_backend_pid()) then ', in a transaction' else ', between two' end
            from pipeline.run r join pipeline.phase_run p on p.run_id = r.id
            where r.session = $1 and p.status = 'running' limit 1),
            (select 'the run ' || status from pipeline.run where session = $1 limit 1), 'before the run') as moment`,
    [SESSION],
  );
  return rows[0]?.moment ?? '';
}

/** Every connection to the database but those of this drill, as a restart of the server does. */
async function cutConnections({ pool }: Database): Promise<void> {
  await pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and application_name like 'tickstock-daily%'`,
  );
}

/** Waits for the end of the session's run; starts it where the fault struck before it had begun. */
async function untilEnded(database: Database, strickenAt: number): Promise<number | null> {
  let takeoverMs: number | null = null;
  while (performance.now() - strickenAt < END_MS) {
    const { rows } = await database.pool.query<{ status: string; takeovers: number }>(
      'select status, takeovers from pipeline.run where session = $1 order by fence desc limit 1',
      [SESSION],
    );
    const [run] = rows;
    if (run && run.takeovers > 0) takeoverMs ??= performance.now() - strickenAt;
    if (run && run.status !== 'running') return takeoverMs;
    if (run === undefined && performance.now() - strickenAt > 3000) return null;
    await delay(20);
  }
  throw new Error(`the run had not ended after ${END_MS} ms`);
}

async function findProblems(database: Database, expected: Expected): Promise<string[]> {
  const query = async <Row extends pg.QueryResultRow>(text: string): Promise<Row[]> =>
    (await database.pool.query<Row>(text, text.includes('$1') ? [SESSION] : [])).rows;
  const runs = await query<{ status: string }>('select status from pipeline.run where session = $1');
  // It was killed before the run was recorded: there is nothing to take over.
  if (runs.length === 0) return [];
  const problems: string[] = [];
  if (runs.length > 1) problems.push(`${runs.length} runs`);
  if (runs[0]?.status !== 'completed') problems.push(`the run is ${runs[0]?.status}`);
  // A service that found the lease expired just before the run ended has one for as long as it takes to find nothing left to do.
  const leases = async (): Promise<number> => (await query('select from pipeline.lease')).length;
  for (let look = 0; look < LEASE_LOOKS && (await leases()) > 0; look += 1) await delay(20);
  if ((await leases()) > 0) problems.push('a lease is left');
  const tables = await dumpTables(database);
  for (const name of Object.keys(expected.tables))
    problems.push(...compareTables(name, expected.tables[name] ?? [], tables[name] ?? []));
  const events = await readEvents(database);
  if (JSON.stringify(events) !== JSON.stringify(expected.events)) problems.push('events differ');
  return problems;
}

/** What the run has announced besides progress; a phase that started again says so again. */
async function readEvents({ pool }: Database): Promise<string[]> {
  const { rows } = await pool.query<{ event: string }>(
    `select o.body ->> 'event' || coalesce(' ' || (o.body -> 'payload' ->> 'universe_name'), '') as event
     from pipeline.outbox o join pipeline.run r on r.id = o.run_id where r.session = $1`,
    [SESSION],
  );
  const isRepeated = (event: string): boolean => /progress|started/.test(event);
  return rows
    .map(({ event }) => event)
    .filter((event) => !isRepeated(event))
    .toSorted();
}

/** The first row that only one of the two has. */
function compareTables(name: string, expected: readonly string[], found: readonly string[]): string[] {
  const withoutTimes = (rows: readonly string[]): string[] => rows.map((row) => row.replace(INSTANTS, '*')).toSorted();
  const [wanted, actual] = [withoutTimes(expected), withoutTimes(found)];
  if (JSON.stringify(wanted) === JSON.stringify(actual)) return [];
  const missing = wanted.find((row) => !actual.includes(row));
  const added = actual.find((row) => !wanted.includes(row));
  return [`${name} differs: ${missing ?? 'nothing'} is missing, ${added ?? 'nothing'} is added`];
}
