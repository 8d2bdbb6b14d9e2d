import { environmentVariables } from '../../src/config/environment.js';
import { loadConfig } from '../../src/config/load.js';
import { ERRORS } from '../../src/core/errors.js';
import type { Database } from '../../src/db/database.js';
import { EVENTS } from '../../src/events/catalogue/index.js';
import { GATES } from '../../phases/cache-sync/holds/gates/index.js';
import type { OpenApiDocument } from './open-api.js';

/** A table in Markdown. */
type Table = string;

/** Every setting of `tickstock.yaml` with its environment variable, default and meaning. */
export function settingsTable(): Table {
  const settings = new Map(
    loadConfig({})
      .explain()
      .map((setting) => [setting.path, setting]),
  );
  const rows = environmentVariables.map(({ name, path }) => {
    const setting = settings.get(path.join('.'));
    const value = setting?.value === undefined ? '' : JSON.stringify(setting.value).replaceAll(/["[\]]/g, '');
    return [code(path.join('.')), code(name), value === '' ? '' : code(value), setting?.description ?? ''];
  });
  return toTable(['setting', 'environment', 'default', 'meaning'], rows);
}

/** Settings of the sections that have a file of their own. */
export function fileSettingsTable(section: 'gates'): Table {
  const rows = loadConfig({})
    .explain()
    .filter(({ path }) => path.startsWith(`${section}.`))
    .map(({ path, value, description }) => [code(path), code(JSON.stringify(value)), description ?? '']);
  return toTable(['setting', 'default', 'meaning'], rows);
}

export function errorsTable(): Table {
  const rows = Object.entries(ERRORS).map(([name, error]) => [
    code(name),
    String(error.exitCode),
    String(error.httpStatus),
    error.retryable ? 'yes' : 'no',
    error.meaning,
  ]);
  return toTable(['code', 'exit', 'HTTP', 'retry', 'meaning'], rows);
}

export function eventsTable(): Table {
  const rows = EVENTS.map(({ event, channels, delivery, meaning }) => [
    code(event),
    channels.map(code).join(', '),
    delivery,
    meaning,
  ]);
  return toTable(['event', 'channels', 'delivery', 'meaning'], rows);
}

export function routesTable({ paths }: OpenApiDocument): Table {
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, summary, 'x-right': right }]) => [
      code(`${method.toUpperCase()} ${path}`),
      code(operationId),
      right === undefined ? 'none' : code(right),
      summary,
    ]),
  );
  return toTable(['route', 'operation', 'right', 'meaning'], rows);
}

export function gateIds(): readonly string[] {
  return GATES.map(({ id }) => id);
}

/** Tables and functions of the schema `pipeline`, described by their own comments. */
export async function sqlTables({ pool }: Database): Promise<{ readonly functions: Table; readonly tables: Table }> {
  const functions = await pool.query<{ signature: string; text: string }>(
    `select p.proname || '(' || pg_get_function_arguments(p.oid) || ')' as signature, obj_description(p.oid, 'pg_proc') as text
     from pg_proc p where p.pronamespace = 'pipeline'::regnamespace order by p.proname`,
  );
  const tables = await pool.query<{ name: string; text: string; columns: string }>(
    `select c.relname as name, obj_description(c.oid, 'pg_class') as text,
            (select string_agg('\`' || a.attname || '\`: ' || col_description(c.oid, a.attnum), '<br>' order by a.attnum)
             from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
     from pg_class c where c.relnamespace = 'pipeline'::regnamespace and c.relkind in ('r', 'v') and c.relname not like 'migration%'
     order by c.relname`,
  );
  return {
    functions: toTable(
      ['function', 'result'],
      functions.rows.map(({ signature, text }) => [code(signature), text]),
    ),
    tables: toTable(
      ['table', 'content', 'columns'],
      tables.rows.map(({ name, text, columns }) => [code(`pipeline.${name}`), text, columns]),
    ),
  };
}

function code(text: string): string {
  return `\`${text}\``;
}

function toTable(heads: readonly string[], rows: readonly (readonly string[])[]): Table {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
