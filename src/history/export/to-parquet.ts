import { parse } from 'csv-parse/sync';
import type { SchemaElement } from 'hyparquet';
import type * as Library from 'hyparquet-writer';
import type { ByteWriter, ParquetWriter } from 'hyparquet-writer';

/** What a column of an export holds; text where nothing is stated. */
type ColumnKind = 'date' | 'instant' | 'integer' | 'number' | 'flag';

/** Kind of each column that is not text, by its name. */
export type ColumnKinds = Readonly<Record<string, ColumnKind>>;

/** Rows of a group: large enough to be packed well, small enough to be held twice. */
const GROUP_ROWS = 100_000;
const DAY_MS = 86_400_000;
const NEWLINE = 10;

const ELEMENTS: Readonly<Record<ColumnKind | 'text', Omit<SchemaElement, 'name'>>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  date: { type: 'INT32', converted_type: 'DATE' },
  instant: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  integer: { type: 'INT64' },
  number: { type: 'DOUBLE' },
  flag: { type: 'BOOLEAN' },
};

/**
 * A CSV file with a header as a Parquet file, in pieces; nothing but one group of rows is held in memory.
 *
 * Shape: the columns of the header, all of them optional; an empty field is null, as is a date before or after everything. Snappy.
 * @param onRow called for every row
 */
export async function* toParquet(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  kinds: ColumnKinds,
  onRow: () => void,
): AsyncGenerator<Buffer> {
  // Loaded by those who write such files.
  const library = await import('hyparquet-writer');
  let columns: readonly string[] | undefined;
  let writer: { readonly bytes: ByteWriter; readonly file: ParquetWriter } | undefined;
  let rows: string[][] = [];
  const writeGroup = (): Buffer => {
    const names = columns ?? [];
    writer ??= startFile(library, names, kinds);
    const columnData = names.map((name, at) => ({
      name,
      data: rows.map((row) => toValue(row[at] ?? '', kinds[name] ?? 'text')),
    }));
    // With a writer in memory nothing is awaited.
    void writer.file.write({ columnData, rowGroupSize: GROUP_ROWS });
    rows = [];
    return takeBytes(writer.bytes);
  };
  for await (const row of readRows(chunks)) {
    if (columns === undefined) {
      columns = row;
      continue;
    }
    rows.push(row);
    onRow();
    if (rows.length === GROUP_ROWS) yield writeGroup();
  }
  if (rows.length > 0 || writer === undefined) yield writeGroup();
  void writer?.file.finish();
  if (writer !== undefined) yield takeBytes(writer.bytes);
}

/** A loop and no stream: one that ends early has to end the COPY that the chunks come from. Every row is one line. */
async function* readRows(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<string[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    rest = bytes.subarray(end);
    if (end > 0) yield* parse(bytes.subarray(0, end));
  }
}

function startFile(library: typeof Library, names: readonly string[], kinds: ColumnKinds) {
  const bytes = new library.ByteWriter();
  const schema: SchemaElement[] = [
    { name: 'root', num_children: names.length },
    ...names.map((name) => ({ ...ELEMENTS[kinds[name] ?? 'text'], name, repetition_type: 'OPTIONAL' as const })),
  ];
  return { bytes, file: new library.ParquetWriter({ writer: bytes, schema, codec: 'SNAPPY' }) };
}

/** What was written since the last time. */
function takeBytes(writer: ByteWriter): Buffer {
  const taken = Buffer.from(writer.buffer.slice(0, writer.index));
  writer.index = 0;
  return taken;
}

function toValue(text: string, kind: ColumnKind | 'text'): unknown {
  if (text === '' || (kind !== 'text' && text.endsWith('infinity'))) return null;
  switch (kind) {
    case 'date':
      return new Date(Math.round(Date.parse(text) / DAY_MS) * DAY_MS);
    case 'instant':
      return new Date(text);
    case 'integer':
      return BigInt(text);
    case 'number':
      return Number(text);
    case 'flag':
      return text === 't';
    case 'text':
      return text;
  }
}
