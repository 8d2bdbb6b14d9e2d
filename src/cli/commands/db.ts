import type { DatabaseSize } from '../../index.js';
import {
  loadCliConfig,
  withoutRedis,
  withPipeline,
  withReadOnlyPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { formatCount, writeJson, writeLine } from '../output.js';
import { formatTable, widthOf } from '../table.js';

/** Tables below this share of the whole are shown together. */
const SMALL = 0.005;
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];
const KILO = 1000;

export const dbCommand: Command = {
  register(program, terminal, setExitCode) {
    const db = program
      .command('db')
      .summary('create, adopt and check the database schema')
      .description('Creates missing tables, adopts existing ones, and shows the state of the schema and its size.')
      .addHelpText(
        'after',
        '\nExamples:\n  DATABASE_URL=postgres://… tickstock db migrate\n  tickstock db status\n  tickstock db size\n  tickstock db grants --role tickstock\n',
      );
    db.command('migrate')
      .description('apply pending migrations; nothing existing is dropped, retyped or rewritten')
      .addHelpText('after', '\nExample:\n  tickstock db migrate\n')
      .action(async (_: unknown, command: { optsWithGlobals(): GlobalOptions }) => {
        const options = command.optsWithGlobals();
        const config = loadCliConfig(options, terminal);
        await withPipeline(terminal, { config: withoutRedis(config), schema: 'leave' }, async (pipeline) => {
          const applied = await pipeline.schema.migrate();
          if (options.json) writeJson(terminal, { applied });
          else if (applied.length === 0) writeLine(terminal.out, `${pipeline.storage.location} is up to date`);
          else writeLine(terminal.out, `${pipeline.storage.location}: applied ${applied.join(', ')}`);
          setExitCode(0);
        });
      });
    db.command('size')
      .description('show how large the tables are, for each symbol of a session and for a year')
      .addHelpText('after', '\nExample:\n  tickstock db size --json\n')
      .action(async (_: unknown, command: { optsWithGlobals(): GlobalOptions }) => {
        const options = command.optsWithGlobals();
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const size = await pipeline.schema.size();
          if (options.json) writeJson(terminal, size);
          else writeLine(terminal.out, formatSize(size, widthOf(terminal)));
          setExitCode(0);
        });
      });
    db.command('grants')
      .description('print the least grants that a user needs to run every phase, as SQL for an owner of the database')
      .option('--role <name>', 'the user; default: that of the connection')
      .addHelpText('after', '\nExample:\n  tickstock db grants --role tickstock | psql "$OWNER_URL"\n')
      .action(async (_: unknown, command: { optsWithGlobals(): GlobalOptions & { readonly role?: string } }) => {
        const options = command.optsWithGlobals();
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const grants = await pipeline.schema.grants(options.role);
          if (options.json) writeJson(terminal, { grants });
          else for (const grant of grants) writeLine(terminal.out, grant);
          setExitCode(0);
        });
      });
    db.command('status')
      .description('show applied and pending migrations')
      .addHelpText('after', '\nExample:\n  tickstock db status --json\n')
      .action(async (_: unknown, command: { optsWithGlobals(): GlobalOptions }) => {
        const options = command.optsWithGlobals();
        const config = loadCliConfig(options, terminal);
        await withPipeline(terminal, { config: withoutRedis(config), schema: 'leave' }, async (pipeline) => {
          const status = await pipeline.schema.status();
          if (options.json) writeJson(terminal, { ...status, database: pipeline.storage });
          else {
            writeLine(terminal.out, `  Database  ${pipeline.storage.location}`);
            writeLine(terminal.out, `  Applied   ${status.applied.join(', ') || 'none'}`);
            writeLine(terminal.out, `  Pending   ${status.pending.join(', ') || 'none'}`);
          }
          setExitCode(0);
        });
      });
  },
};

function formatSize(size: DatabaseSize, width: number | undefined): string {
  const { tables, bytes, sessions, symbolSessions } = size;
  const large = tables.filter((table) => table.tableBytes + table.indexBytes >= bytes * SMALL);
  const others = tables.filter((table) => !large.includes(table));
  const sum = (pick: (table: DatabaseSize['tables'][number]) => number): number =>
    others.reduce((total, table) => total + pick(table), 0);
  const rows = [
    ...large,
    {
      table: `${others.length} others`,
      rows: sum((table) => table.rows),
      tableBytes: sum((table) => table.tableBytes),
      indexBytes: sum((table) => table.indexBytes),
      grows: false,
      bytesPerSymbolSession: symbolSessions === 0 ? null : sum((table) => table.bytesPerSymbolSession ?? 0),
    },
  ];
  const right = (title: string) => ({ title, align: 'right' as const });
  const perSymbol = (value: number | null): string => (value === null ? '' : value.toFixed(value < 10 ? 1 : 0));
  return [
    formatTable(
      [{ title: 'table' }, right('rows'), right('table'), right('indexes'), right('bytes a symbol')],
      rows.map((row) => [
        row.table,
        `~${formatCount(row.rows)}`,
        formatBytes(row.tableBytes),
        formatBytes(row.indexBytes),
        perSymbol(row.bytesPerSymbolSession),
      ]),
      width,
    ),
    '',
    `  ${formatBytes(bytes)} for ${formatCount(sessions)} sessions`,
    ...(size.bytesPerYear === null
      ? []
      : [
          `  ${perSymbol(size.bytesPerSymbolSession)} bytes for each symbol of a session, ${formatBytes(size.bytesPerYear)} a year`,
        ]),
    ...(size.unusedIndexes.length === 0
      ? []
      : [
          '',
          '  Not used by a query since the statistics of the server began',
          formatTable(
            [{ title: '' }, { title: '', align: 'right' }],
            size.unusedIndexes.map(({ index, bytes: indexBytes }) => [index, formatBytes(indexBytes)]),
            width,
          ),
        ]),
  ].join('\n');
}

/** `12 MB`, `1.5 GB`. */
function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log(bytes) / Math.log(KILO)));
  const value = bytes / KILO ** power;
  return `${value.toFixed(power > 0 && value < 10 ? 1 : 0)} ${UNITS[power]}`;
}
