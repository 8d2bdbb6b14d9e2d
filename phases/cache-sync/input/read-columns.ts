import type { Hash } from 'node:crypto';
import pg, { type PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import { TimeSlice } from '../../../src/core/time-slice.js';
import { date, json, orNull, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** A value as JSON has it: of a number that JSON does not have (NaN, infinity), its text. */
export type Fact = string | number | boolean | null;

/** The usual value is the query's one parameter. */
export const PARAMETER = Symbol('$1');

export interface ColumnQuery {
  /** SQL for rows in the order that the lists are to have, each with a `symbol`. */
  readonly rows: string;
  /** Sent of every row. */
  readonly lists: readonly string[];
  /** Column → its usual value, sent of the symbols that have another: each list of 143,000 takes the server 30 ms. */
  readonly unusual: Readonly<Record<string, Fact | typeof PARAMETER>>;
  /** Name → SQL, once. */
  readonly single?: Readonly<Record<string, string>>;
}

/** A row a column with all its values in JSON, which the engine parses by itself. */
export function toColumnQuery({ rows, lists, unusual, single = {} }: ColumnQuery): string {
  const aggregates = [
    ...lists.map((name) => `coalesce(json_agg(${name}), '[]') as ${name}`),
    ...Object.entries(unusual).map(
      ([name, usual]) =>
        `coalesce(json_object_agg(symbol, ${name}) filter (where ${name} is distinct from ${toSql(usual)}), '{}') as ${name}`,
    ),
    `to_json(count(*) || ' ' || coalesce(bit_xor(hashtextextended(symbol, 0)), 0)) as listed`,
  ];
  const sent = [
    ...[...lists, ...Object.keys(unusual), 'listed'].map((name) => `('${name}', ${name})`),
    ...Object.entries(single).map(([name, value]) => `('${name}', to_json(${value}))`),
  ];
  return `
    select sent.name, sent.json
    from (select ${aggregates.join(', ')} from (${rows}) as security) as columns
    cross join lateral (values ${sent.join(', ')}) as sent (name, json)`;
}

export function columnStatement(query: string) {
  return statement({ parameters: { session: date }, row: { name: text, json: orNull(json()) }, text: query });
}

function toSql(usual: Fact | typeof PARAMETER): string {
  if (usual === PARAMETER) return '$1';
  return typeof usual === 'string' ? pg.escapeLiteral(usual) : String(usual);
}

/** What such a query gave, parsed a column at a time: all of them would hold the event loop for 0.4 s at 143,000. */
export class Columns {
  private readonly slice = new TimeSlice();

  private constructor(
    private readonly texts: ReadonlyMap<string, string | null>,
    private readonly usual: ColumnQuery['unusual'],
    private readonly parameter: string,
  ) {}

  /** @param read as `toColumnQuery` makes it */
  static async read(
    client: PoolClient,
    read: ReturnType<typeof columnStatement>,
    { unusual }: Pick<ColumnQuery, 'unusual'>,
    session: SessionDate,
  ): Promise<Columns> {
    const rows = await read.texts(client, { session });
    return new Columns(new Map(rows.map((row) => [row.name, row.json])), unusual, session);
  }

  /** Two queries with the same here have rows of the same symbols. */
  get listed(): unknown {
    return this.single('listed');
  }

  async hashInto(hash: Hash, names: readonly string[]): Promise<void> {
    for (const name of names) {
      hash.update(this.texts.get(name) ?? '');
      if (this.slice.isOver) await this.slice.next();
    }
  }

  async list(name: string): Promise<Fact[]> {
    if (this.slice.isOver) await this.slice.next();
    return JSON.parse(this.texts.get(name) ?? '[]') as Fact[];
  }

  /** Repeated text is kept once: sectors and industries repeat thousands of times. */
  async textList(name: string): Promise<(string | null)[]> {
    const known = new Map<string, string>();
    return (await this.list(name)).map((text) => {
      if (typeof text !== 'string') return null;
      const found = known.get(text);
      if (found === undefined) known.set(text, text);
      return found ?? text;
    });
  }

  /** A symbol's value of a column of which the unusual ones were sent. */
  unusual(name: string): (symbol: string) => Fact {
    const declared = this.usual[name] ?? null;
    const usual = declared === PARAMETER ? this.parameter : declared;
    const found = new Map(Object.entries(JSON.parse(this.texts.get(name) ?? '{}') as Record<string, Fact>));
    if (found.size === 0) return () => usual;
    return (symbol) => {
      const value = found.get(symbol);
      return value === undefined ? usual : value;
    };
  }

  single(name: string): unknown {
    return JSON.parse(this.texts.get(name) ?? 'null');
  }
}
