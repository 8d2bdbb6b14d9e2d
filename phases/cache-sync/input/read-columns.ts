import type { Hash } from 'node:crypto';
import pg, { type PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import { TimeSlice } from '../../../src/core/time-slice.js';
import { date, json, orNull, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** A value in JSON; numbers without a JSON form (NaN, infinity) arrive as text. */
export type Fact = string | number | boolean | null;

/** The usual value is the only parameter of the query. */
export const PARAMETER = Symbol('$1');

export interface ColumnQuery {
  /** SQL of the rows in the order of the lists, each with a `symbol`. */
  readonly rows: string;
  /** Sent for every row. */
  readonly lists: readonly string[];
  /** Column → its usual value; sent only for symbols with another value: each list of 143,000 takes the server 30 ms. */
  readonly unusual: Readonly<Record<string, Fact | typeof PARAMETER>>;
  /** Name → SQL; sent once. */
  readonly single?: Readonly<Record<string, string>>;
}

/** One row per column with all its values as JSON, which the engine parses natively. */
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

/** The result of such a query, parsed column by column: all at once would block the event loop for 0.4 s at 143,000. */
export class Columns {
  private readonly slice = new TimeSlice();

  private constructor(
    private readonly texts: ReadonlyMap<string, string | null>,
    private readonly usual: ColumnQuery['unusual'],
    private readonly parameter: string,
  ) {}

  /** @param read the query made by `toColumnQuery` */
  static async read(
    client: PoolClient,
    read: ReturnType<typeof columnStatement>,
    { unusual }: Pick<ColumnQuery, 'unusual'>,
    session: SessionDate,
  ): Promise<Columns> {
    const rows = await read.texts(client, { session });
    return new Columns(new Map(rows.map((row) => [row.name, row.json])), unusual, session);
  }

  /** Two queries with the same value have rows of the same symbols. */
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

  /** The value of a symbol in a column of which only unusual values were sent. */
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

  /** The symbols with another than the usual value in such a column. */
  unusualSymbols(name: string): string[] {
    return Object.keys(JSON.parse(this.texts.get(name) ?? '{}') as Record<string, Fact>);
  }

  single(name: string): unknown {
    return JSON.parse(this.texts.get(name) ?? 'null');
  }
}
