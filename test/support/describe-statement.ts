import type pg from 'pg';

/** What the server says of a statement, without running it. */
export interface StatementDescription {
  /** `regtype` names, in order. */
  readonly parameters: readonly string[];
  /** `name: type`, in order. */
  readonly columns: readonly string[];
}

interface ProtocolConnection {
  parse(query: { readonly text: string }): void;
  describe(target: { readonly type: 'S' }): void;
  sync(): void;
  once(event: 'parameterDescription', listener: (message: { readonly dataTypeIDs: readonly number[] }) => void): void;
}

interface ReadyField {
  readonly name: string;
  readonly dataTypeID: number;
}

/** Prepares a statement and has it described: the types of its parameters and of its columns. @throws what the server finds wrong with it */
export async function describeStatement(client: pg.ClientBase, text: string): Promise<StatementDescription> {
  const found = await new Promise<{ parameters: readonly number[]; fields: readonly ReadyField[] }>(
    (resolve, reject) => {
      let [parameters, fields]: [readonly number[], readonly ReadyField[]] = [[], []];
      const description = {
        submit: (connection: ProtocolConnection) => {
          connection.once('parameterDescription', ({ dataTypeIDs }) => (parameters = dataTypeIDs));
          connection.parse({ text });
          connection.describe({ type: 'S' });
          connection.sync();
        },
        handleRowDescription: (message: { readonly fields: readonly ReadyField[] }) => (fields = message.fields),
        handleError: reject,
        handleReadyForQuery: () => resolve({ parameters, fields }),
      };
      client.query(description as unknown as pg.Submittable);
    },
  );
  const names = await readTypeNames(client, [...found.parameters, ...found.fields.map((field) => field.dataTypeID)]);
  return {
    parameters: names.slice(0, found.parameters.length),
    columns: found.fields.map(({ name }, index) => `${name}: ${names[found.parameters.length + index] ?? ''}`),
  };
}

async function readTypeNames(client: pg.ClientBase, types: readonly number[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select type::regtype::text as name from unnest($1::oid[]) with ordinality as asked (type, place) order by place`,
    [types],
  );
  return rows.map(({ name }) => name);
}
