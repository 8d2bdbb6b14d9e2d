import { readFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import { calendarFileSchema } from '../../src/config/schema/calendar.js';
import { gatesFileSchema } from '../../src/config/schema/gates.js';
import { sectorsFileSchema } from '../../src/config/schema/sectors.js';
import { sicFileSchema } from '../../src/config/schema/sic.js';
import { themesFileSchema } from '../../src/config/schema/themes.js';
import { tickstockFileSchema } from '../../src/config/schema/index.js';
import { universesFileSchema } from '../../src/config/schema/universes.js';
import type { Database } from '../../src/db/database.js';
import { toOverlaySchema } from './overlay-schema.js';
import { readOpenApi } from './open-api.js';
import { errorsTable, eventsTable, fileSettingsTable, routesTable, settingsTable, sqlTables } from './tables.js';

const ROOT = new URL('../../', import.meta.url);

const FILE_SCHEMAS = {
  calendar: calendarFileSchema,
  gates: gatesFileSchema,
  sectors: sectorsFileSchema,
  sic: sicFileSchema,
  themes: themesFileSchema,
  tickstock: tickstockFileSchema,
  universes: universesFileSchema,
};

/** The complete generated files: path from the project's root → content. */
export async function generateManual(database: Database): Promise<Map<string, string>> {
  const { functions, tables } = await sqlTables(database);
  const sections: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'docs/configuration.md': { settings: settingsTable(), gates: fileSettingsTable('gates') },
    'docs/errors.md': { errors: errorsTable() },
    'docs/events.md': { events: eventsTable() },
    'docs/http-api.md': { routes: routesTable(await readOpenApi()) },
    'docs/sql.md': { functions, tables },
  };
  const files = new Map<string, string>();
  for (const [path, tablesOf] of Object.entries(sections)) files.set(path, await fillPage(path, tablesOf));
  for (const [name, schema] of Object.entries(FILE_SCHEMAS)) {
    files.set(`config/schema/${name}.json`, await prettify(`config/schema/${name}.json`, toJsonSchema(name, schema)));
  }
  return files;
}

/** Replaces the text between `<!-- name: … -->` and `<!-- /name -->`. @throws when a page has no such section */
async function fillPage(path: string, tables: Readonly<Record<string, string>>): Promise<string> {
  let text = await readFile(new URL(path, ROOT), 'utf8');
  for (const [name, table] of Object.entries(tables)) {
    const section = new RegExp(`(<!-- ${name}: [^\\n]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
    if (!section.test(text)) throw new Error(`${path} has no section ${name}`);
    text = text.replace(section, (_, start: string, end: string) => `${start}\n${table}\n\n${end}`);
  }
  return prettify(path, text);
}

function toJsonSchema(name: string, schema: z.ZodType): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return JSON.stringify({ $schema, title: `${name}.yaml of TickStock Daily`, ...toOverlaySchema(rest) });
}

async function prettify(path: string, text: string): Promise<string> {
  const file = new URL(path, ROOT);
  return format(text, { ...(await resolveConfig(file)), filepath: file.pathname });
}
