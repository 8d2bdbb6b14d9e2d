import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { send, type Answer } from '../http/service.js';

/** The consumer's client gives up on an answer after this long, milliseconds. */
const CLIENT_TIMEOUT_MS = 2000;

/** Calls the service as the consumer's client does: with its key on the routes of cache sync, and with none on the others. */
export class ConsumerClient {
  constructor(
    private readonly address: string,
    private readonly key: string,
  ) {}

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const url = `${this.address}/api/processing/${path}`;
    const key = path.startsWith('cache-sync/') ? this.key : null;
    const timeout = new Promise<never>((_, reject) =>
      setTimeout(
        () => reject(new Error(`${method} ${path} took longer than the client waits`)),
        CLIENT_TIMEOUT_MS,
      ).unref(),
    );
    return Promise.race([send(url, method, { key, body }), timeout]);
  }
}

/** A universe as the consumer's page lists it. */
export interface ReaderList {
  readonly place: string;
  readonly tickers: readonly string[];
}

interface StockEntry {
  readonly ticker: unknown;
  readonly name: unknown;
  readonly rank: unknown;
  readonly sector: unknown;
  readonly industry: unknown;
  readonly exchange: unknown;
  readonly market_cap: unknown;
}

/**
 * Reads `cache_entries` as the consumer's reader does: it keeps a row whose form it knows and drops every other one.
 *
 * @throws of a row that is kept and cannot be shown: no numbers where it formats numbers, a count that is not that of the list
 */
export async function readAsConsumer(pool: Pool): Promise<ReaderList[]> {
  const { rows } = await pool.query<{ type: string; name: string; key: string; value: unknown }>(
    `select type, name, key, value from cache_entries where environment = 'DEFAULT' order by type, name, key`,
  );
  return rows.flatMap(({ type, name, key, value }) => {
    const place = `${type}/${name}/${key}`;
    if (type === 'stock_universe' && hasStocks(value)) return [{ place, tickers: toTickers(place, value) }];
    if (type === 'stock_etf_combo' && hasStocks(value)) return [{ place, tickers: listText(place, value.stocks) }];
    const isList = type === 'etf_universe' || type === 'stock_etf_combo' || (type === 'themes' && key === 'list');
    return isList && Array.isArray(value) ? [{ place, tickers: listText(place, value) }] : [];
  });
}

function hasStocks(value: unknown): value is { count?: unknown; stocks: unknown[] } {
  return typeof value === 'object' && value !== null && 'stocks' in value && Array.isArray(value.stocks);
}

function toTickers(place: string, { count, stocks }: { count?: unknown; stocks: unknown[] }): string[] {
  if (count !== stocks.length) throw new Error(`${place} says ${String(count)} and has ${stocks.length}`);
  return (stocks as StockEntry[]).map((stock, index) => {
    const { ticker, rank, market_cap: cap, ...texts } = stock;
    const isShown =
      typeof ticker === 'string' &&
      rank === index + 1 &&
      typeof cap === 'number' &&
      [texts.name, texts.sector, texts.industry, texts.exchange].every(
        (text) => typeof text === 'string' && text !== '',
      );
    if (!isShown) throw new Error(`${place} cannot be shown: ${JSON.stringify(stock)}`);
    return ticker;
  });
}

/** Of a list of tickers, or of objects with one. */
function listText(place: string, list: readonly unknown[]): string[] {
  return list.map((item) => {
    const ticker = typeof item === 'object' && item !== null && 'ticker' in item ? item.ticker : item;
    if (typeof ticker !== 'string') throw new Error(`${place} has ${JSON.stringify(item)} where a ticker belongs`);
    return ticker;
  });
}

/** A run as the consumer has it after its events: the page shows a run without an end as running for ever. */
export interface ShownRun {
  readonly runId: string;
  readonly total: number;
  progress: number;
  readonly errors: string[];
  /** Undefined until it ended. */
  success?: boolean;
}

interface Message {
  readonly channel: string;
  readonly event: string;
  readonly timestamp: string;
  readonly source: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The fields that the consumer's subscribers read, by event, and what they are used as; `any` is only passed on. */
const READ_FIELDS: Readonly<
  Record<string, Readonly<Record<string, 'number' | 'string' | 'boolean' | 'list' | 'any'>>>
> = {
  daily_processing_started: {
    run_id: 'string',
    total_symbols: 'number',
    symbols_count: 'number',
    trigger_type: 'string',
  },
  daily_processing_progress: {
    phase: 'string',
    progress: 'number',
    percent_complete: 'number',
    symbols_completed: 'number',
    symbols_total: 'number',
    current_symbol: 'any',
    estimated_completion: 'any',
  },
  daily_processing_completed: {
    run_id: 'string',
    status: 'string',
    success: 'boolean',
    duration_seconds: 'number',
    symbols_processed: 'number',
    symbols_failed: 'number',
  },
  data_import_started: { universe_names: 'list', timeframes: 'list', lookback_days: 'number' },
  data_import_completed: { success_count: 'number', failure_count: 'number', duration_seconds: 'number' },
  cache_sync_triggered: { job_id: 'string', mode: 'string' },
  cache_sync_completed: { job_id: 'string', status: 'string', total_changes: 'number', duration_seconds: 'number' },
  universe_updated: { universe: 'string', action: 'string' },
  ipo_assigned: { symbol: 'string', universe: 'string' },
  delisting_cleanup: { removed_count: 'number' },
  indicator_processing_started: {
    run_id: 'string',
    total_symbols: 'number',
    total_indicators: 'number',
    timeframes: 'list',
  },
  indicator_progress: {
    run_id: 'string',
    completed_symbols: 'number',
    total_symbols: 'number',
    percent_complete: 'number',
    current_symbol: 'any',
    eta_seconds: 'any',
  },
  indicator_processing_completed: {
    run_id: 'string',
    total_symbols: 'number',
    successful_symbols: 'number',
    failed_symbols: 'number',
    total_indicators: 'number',
    successful_indicators: 'number',
    failed_indicators: 'number',
    success_rate: 'number',
    duration_seconds: 'number',
  },
  job_progress_update: {
    phase: 'string',
    completed: 'number',
    failed: 'number',
    percentage: 'number',
    current_symbol: 'any',
    estimated_completion: 'any',
  },
  processing_error: { component: 'string', message: 'string', error_message: 'string' },
};

/** `job_progress_update` of any other source is dropped. */
const HEARD_SOURCES = ['processing', 'import', 'indicator'];
const PHASES = ['data_import', 'cache_sync', 'indicator_processing'];
const COMPONENTS = ['processing', 'import', 'scheduler'];

/** Follows the channels as the consumer's three subscribers do: one state, changed by each event. */
export class ConsumerSubscriber {
  readonly runs: ShownRun[] = [];
  readonly completedSyncs: Readonly<Record<string, unknown>>[] = [];
  readonly updates: Readonly<Record<string, unknown>>[] = [];
  /** What the subscribers could not have handled. */
  readonly problems: string[] = [];

  static async subscribe(redis: Redis): Promise<ConsumerSubscriber> {
    const subscriber = new ConsumerSubscriber();
    redis.on('pmessage', (_, channel: string, text: string) => subscriber.receive(channel, text));
    await redis.psubscribe('tickstock:*');
    return subscriber;
  }

  private receive(channel: string, text: string): void {
    const message = { ...(JSON.parse(text) as Omit<Message, 'channel'>), channel };
    if (!message.timestamp.endsWith('Z')) this.problems.push(`${message.event} has the time ${message.timestamp}`);
    const fields = READ_FIELDS[message.event] ?? {};
    for (const [field, kind] of Object.entries(fields)) {
      if (isOfKind(message.payload[field], kind)) continue;
      this.problems.push(`${message.event} has ${JSON.stringify(message.payload[field])} as ${field}`);
    }
    this.apply(message);
  }

  private apply({ event, source, payload }: Message): void {
    const current = this.runs.at(-1);
    switch (event) {
      case 'daily_processing_started':
        if (current && current.success === undefined) this.problems.push(`${current.runId} never ended`);
        this.runs.push({
          runId: String(payload['run_id']),
          total: Number(payload['total_symbols']),
          progress: 0,
          errors: [],
        });
        break;
      case 'daily_processing_progress':
        this.showProgress(current, payload['progress']);
        break;
      case 'job_progress_update':
        if (!HEARD_SOURCES.some((part) => source.includes(part)))
          this.problems.push(`progress of ${source} is dropped`);
        if (!PHASES.includes(String(payload['phase']))) this.problems.push(`no phase ${String(payload['phase'])}`);
        this.showProgress(current, payload['percentage']);
        break;
      case 'processing_error':
        if (!COMPONENTS.some((part) => String(payload['component']).includes(part)))
          this.problems.push(`errors of ${String(payload['component'])} are dropped`);
        if (current === undefined || current.success !== undefined) this.problems.push('an error outside a run');
        else current.errors.push(String(payload['message']));
        break;
      case 'daily_processing_completed':
        if (current?.runId === payload['run_id'] && current !== undefined)
          current.success = payload['success'] === true;
        else this.problems.push(`the end of ${String(payload['run_id'])}, which is not shown`);
        break;
      case 'cache_sync_completed':
        this.completedSyncs.push(payload);
        break;
      case 'universe_updated':
        this.updates.push(payload);
        break;
    }
  }

  /** Both scales land in one field of the page: it must not move backwards. */
  private showProgress(run: ShownRun | undefined, progress: unknown): void {
    const percent = Number(progress);
    if (run === undefined || run.success !== undefined) {
      this.problems.push('progress outside a run');
      return;
    }
    if (percent < run.progress || percent > 100) this.problems.push(`progress ${percent} after ${run.progress}`);
    run.progress = percent;
  }
}

function isOfKind(value: unknown, kind: 'number' | 'string' | 'boolean' | 'list' | 'any'): boolean {
  if (kind === 'any') return value !== undefined;
  if (kind === 'list') return Array.isArray(value);
  return typeof value === kind && (kind !== 'number' || Number.isFinite(value));
}
