import type { Pool } from 'pg';
import type { SessionDate } from '../../src/core/session.js';
import type { Pipeline } from '../../src/orchestrator/pipeline.js';
import { median, type Figure } from './figures.js';

/** A question about the past, and how to ask it with the n-th arguments. */
interface Question {
  readonly name: string;
  ask(pipeline: Pipeline, history: History, number: number): Promise<unknown>;
}

/** Arguments for the questions. */
interface History {
  readonly sessions: readonly SessionDate[];
  /** Names of universes that existed in the first session. */
  readonly universes: readonly string[];
  /** Common stocks that were listed in the first session and still are. */
  readonly symbols: readonly string[];
}

const TIMES = 3;

const QUESTIONS: readonly Question[] = [
  {
    name: 'why',
    ask: (pipeline, { symbols, universes, sessions }, number) =>
      pipeline.history.why(pick(symbols, number, 37), pick(universes, number, 7), {
        session: pick(sessions, number, 5),
      }),
  },
  {
    name: 'universe, as of',
    ask: (pipeline, { universes, sessions }, number) =>
      pipeline.history.universe(pick(universes, number, 1), { asOf: pick(sessions, number, 5) }),
  },
  {
    name: 'diff over the year',
    ask: (pipeline, { universes, sessions }, number) =>
      pipeline.history.diff(pick(universes, number, 1), { from: first(sessions), to: sessions.at(-1) }),
  },
  {
    name: 'universes of a symbol, as of',
    ask: (pipeline, { symbols, sessions }, number) =>
      pipeline.history.symbol(pick(symbols, number, 37), { asOf: pick(sessions, number, 5) }),
  },
];

/**
 * Times each question with `count` different arguments, spread over universes, symbols and sessions.
 *
 * Each is asked three times and counts with the median time: the value is that of the slowest arguments.
 */
export async function timeCalls(pipeline: Pipeline, pool: Pool, count: number, maxMs: number): Promise<Figure[]> {
  const history = await readHistory(pool);
  const figures: Figure[] = [];
  for (const question of QUESTIONS) {
    const medians: number[] = [];
    const all: number[] = [];
    for (let number = 0; number < count; number += 1) {
      const times: number[] = [];
      for (let time = 0; time < TIMES; time += 1) {
        const startedAt = performance.now();
        await question.ask(pipeline, history, number);
        times.push(performance.now() - startedAt);
      }
      medians.push(median(times));
      all.push(...times);
    }
    const note = `median ${median(all).toFixed(1)} ms, longest single call ${Math.max(...all).toFixed(0)} ms`;
    figures.push({ name: question.name, value: Math.max(...medians), unit: 'ms', bar: maxMs, note });
  }
  return figures;
}

async function readHistory(pool: Pool): Promise<History> {
  const { rows: published } = await pool.query<{ session: SessionDate }>(
    `select to_char(session, 'YYYY-MM-DD') as session from pipeline.session_stats where exchange = '' order by session`,
  );
  const sessions = published.map((row) => row.session);
  const oldest = first(sessions);
  const { rows: there } = await pool.query<{ universe: string }>(
    `select n.universe from pipeline.named_universes() n
     where n.retired_session is null
       and exists (select from pipeline.membership m where m.universe_id = n.id and m.valid_from = $1)
     order by n.id`,
    [oldest],
  );
  const { rows: stocks } = await pool.query<{ symbol: string }>(
    `select f.symbol from pipeline.symbol_fact f
     where f.type = 'CS' and f.valid_from = $1
       and exists (select from pipeline.valuation v where v.symbol = f.symbol and v.session = $2)
     order by f.symbol`,
    [oldest, sessions.at(-1)],
  );
  return { sessions, universes: there.map((row) => row.universe), symbols: stocks.map((row) => row.symbol) };
}

/** A different item for every number: `stride` apart, cyclic. */
function pick<Item>(items: readonly Item[], number: number, stride: number): Item {
  const item = items[(number * stride) % items.length];
  if (item === undefined) throw new Error('there is nothing to ask about');
  return item;
}

function first<Item>(items: readonly Item[]): Item {
  return pick(items, 0, 1);
}
