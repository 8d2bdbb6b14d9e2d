import type { PoolClient } from 'pg';
import type { StatementRunner } from '../core/phase.js';
import type { Column, Read, Written } from './column.js';

type Columns = Readonly<Record<string, Column>>;

/** Parts of a statement. */
export interface StatementDeclaration<Parameters extends Columns, Row extends Columns> {
  /** In the order of `$1`, `$2` …. */
  readonly parameters: Parameters;
  /** The columns of its result, in order; none for a statement that only writes. */
  readonly row: Row;
  readonly text: string;
}

type RowOf<Row extends Columns> = { readonly [Name in keyof Row]: Read<Row[Name]> };
type TextsOf<Row extends Columns> = {
  readonly [Name in keyof Row]: null extends Read<Row[Name]> ? string | null : string;
};
type ValuesOf<Parameters extends Columns> = { readonly [Name in keyof Parameters]: Written<Parameters[Name]> };

/**
 * An SQL statement with the types of its parameters and rows. A hot statement, or one that a query builder would obscure, is in a file of
 * its own, `<name>.sql.ts`.
 *
 * Enforcement: `test/db/statements.test.ts` prepares every statement and compares the server's description with the declaration.
 */
export class Statement<Parameters extends Columns = Columns, Row extends Columns = Columns> {
  readonly text: string;
  readonly parameters: Parameters;
  readonly row: Row;

  constructor({ text, parameters, row }: StatementDeclaration<Parameters, Row>) {
    this.text = text;
    this.parameters = parameters;
    this.row = row;
  }

  async rows(runner: StatementRunner, values: ValuesOf<Parameters>): Promise<RowOf<Row>[]> {
    const { rows } = await runner.query(this.text, this.bind(values));
    return rows as RowOf<Row>[];
  }

  async first(runner: StatementRunner, values: ValuesOf<Parameters>): Promise<RowOf<Row> | undefined> {
    return (await this.rows(runner, values))[0];
  }

  /** The rows with every value as the server's text, for what is to be parsed later or never. */
  async texts(client: Pick<PoolClient, 'query'>, values: ValuesOf<Parameters>): Promise<TextsOf<Row>[]> {
    const types = { getTypeParser: () => (value: string) => value };
    const { rows } = await client.query({ text: this.text, values: this.bind(values), types });
    return rows as TextsOf<Row>[];
  }

  /** @returns the number of rows written */
  async write(client: Pick<PoolClient, 'query'>, values: ValuesOf<Parameters>): Promise<number> {
    const { rowCount } = await client.query(this.text, this.bind(values));
    return rowCount ?? 0;
  }

  private bind(values: ValuesOf<Parameters>): unknown[] {
    return Object.keys(this.parameters).map((name) => values[name]);
  }
}

export function statement<Parameters extends Columns, Row extends Columns>(
  declaration: StatementDeclaration<Parameters, Row>,
): Statement<Parameters, Row> {
  return new Statement(declaration);
}
