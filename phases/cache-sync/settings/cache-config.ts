import type { PoolClient } from 'pg';
import { z } from 'zod';
import { describeMismatch, toProblems } from '../../../src/config/problems.js';
import { themesFileSchema, universesFileSchema, type Config } from '../../../src/config/schema/index.js';
import { kyselyOn } from '../../../src/db/kysely-on.js';
import { OVERRIDES, toFieldName, type Override, type OverriddenConfig } from './cache-config-overrides.js';
import type { CacheLayout } from '../projection/layout.js';
import { keyed } from '../projection/layouts/keyed.js';
import type { ConfigRow } from './config-row.js';
import { SIC_MAPPING, toSicMapping, type SicMapping } from './sic-mapping.js';
import { isMapping } from '../../../src/core/is-mapping.js';

export interface CacheConfig {
  readonly config: Config;
  /** Rows that were ignored, with what they hold and what is allowed. */
  readonly warnings: readonly string[];
  readonly sicMapping: SicMapping;
}

/** One key with its value, and the row it is from. */
interface Entry {
  readonly value: unknown;
  readonly row: ConfigRow;
  readonly isWhole: boolean;
}

/** Keys of rows that hold all entries of their name in one object. */
const WHOLE = new Set([
  'all',
  'config',
  'data',
  'default',
  'definitions',
  'list',
  'mapping',
  'settings',
  'value',
  'values',
]);

/**
 * The configuration with what `cache_config` rows of the table override, as they did in the old job; one query.
 *
 * Shape: a name has one row with an object of its entries, or a row an entry, the key being the entry's; a row an entry wins over the object.
 * Edges: only the `keyed` layout has such rows, and only those of environment `DEFAULT` count. A row that the configuration's own rules refuse
 *        is ignored and named in `warnings`; the others of its name count.
 */
export async function readCacheConfig(client: PoolClient, config: Config, layout: CacheLayout): Promise<CacheConfig> {
  const rows = layout === keyed ? await readConfigRows(client) : [];
  if (rows.length === 0) return { config, warnings: [], sicMapping: new Map() };
  const warnings: string[] = [];
  let overridden: OverriddenConfig = config;
  for (const override of OVERRIDES) {
    const own = rows.filter((row) => row.name === override.name);
    if (own.length > 0) overridden = applyRows(overridden, override, own, warnings);
  }
  const sicMapping = toSicMapping(
    toEntries(
      rows.filter((row) => row.name === SIC_MAPPING),
      isSicCode,
      warnings,
    ),
    warnings,
  );
  return { config: { ...config, ...overridden }, warnings, sicMapping };
}

/** The newest of several rows of a place is last. */
async function readConfigRows(client: PoolClient): Promise<ConfigRow[]> {
  return kyselyOn(client)
    .selectFrom('cache_entries')
    .select(['name', 'key', 'value'])
    .where('type', '=', 'cache_config')
    .where('environment', '=', 'DEFAULT')
    .where('name', 'in', [...OVERRIDES.map((override) => override.name), SIC_MAPPING])
    .orderBy('name')
    .orderBy('key')
    .orderBy('updated_at', (order) => order.asc().nullsFirst())
    .execute();
}

const overriddenSchema = z.object({ universes: universesFileSchema, themes: themesFileSchema.shape.themes });

/** Takes rows away until what remains is a configuration that is allowed; without any it is the one there was. */
function applyRows(
  config: OverriddenConfig,
  override: Override,
  rows: readonly ConfigRow[],
  warnings: string[],
): OverriddenConfig {
  const known = new Set(override.keysOf(config));
  let entries = toEntries(rows, (key) => known.has(key), warnings);
  while (entries.size > 0) {
    const merged = place(config, override, entries);
    const parsed = overriddenSchema.safeParse(merged);
    if (parsed.success) return parsed.data;
    const refused = new Map<ConfigRow, string>();
    for (const { path, message } of listProblems(parsed.error, merged)) {
      const { owners, within } = blame(path, merged, override, entries);
      for (const row of owners) if (!refused.has(row)) refused.set(row, `${within} ${message}`.trim());
    }
    for (const [row, what] of refused) warnings.push(describeIgnored(row, what));
    entries = new Map([...entries].filter(([, entry]) => !refused.has(entry.row)));
  }
  return config;
}

function toEntries(
  rows: readonly ConfigRow[],
  isKnown: (key: string) => boolean,
  warnings: string[],
): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const isWhole = ({ name, key, value }: ConfigRow): boolean =>
    !isKnown(key) &&
    (WHOLE.has(key.toLowerCase()) || key === name || (isMapping(value) && Object.keys(value).every(isKnown)));
  for (const row of rows.filter(isWhole)) {
    if (isMapping(row.value)) {
      for (const [key, value] of Object.entries(row.value)) entries.set(key, { value, row, isWhole: true });
    } else
      warnings.push(describeIgnored(row, describeMismatch(['universes'], row.value, 'a mapping from key to value')));
  }
  for (const row of rows) if (!isWhole(row)) entries.set(row.key, { value: row.value, row, isWhole: false });
  return entries;
}

function place(config: OverriddenConfig, override: Override, entries: ReadonlyMap<string, Entry>): OverriddenConfig {
  const values = new Map([...entries].map(([key, entry]) => [key, entry.value]));
  const setting = override.merge(
    config,
    values,
    [...entries.values()].some((entry) => entry.isWhole),
  );
  const [section = '', field] = override.place;
  const merged = field === undefined ? setting : { ...config.universes, [field]: setting };
  return { ...config, [section]: merged };
}

interface OverrideProblem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The problems with their paths, worded as those of the configuration files. */
function listProblems(error: z.ZodError, merged: OverriddenConfig): OverrideProblem[] {
  return error.issues.map((issue) => {
    const [problem] = toProblems(new z.ZodError([issue]), { ...merged }, () => ({ kind: 'default' }), new Set());
    // One that is not known is not where the problem is but in it.
    const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
    return { path, message: problem?.message ?? issue.message };
  });
}

/** The rows a problem comes from: that of the entry it is in, or where it is in none, all of the name. */
function blame(
  path: readonly PropertyKey[],
  merged: OverriddenConfig,
  override: Override,
  entries: ReadonlyMap<string, Entry>,
): { readonly owners: readonly ConfigRow[]; readonly within: string } {
  const part = path[override.place.length];
  const setting = override.place.reduce<unknown>((value, name) => (isMapping(value) ? value[name] : undefined), merged);
  const item: unknown = Array.isArray(setting) && typeof part === 'number' ? setting[part] : undefined;
  const key = isMapping(item) ? item['key'] : part;
  const owner = [...entries].find(([name]) => name === key || toFieldName(name) === key)?.[1].row;
  const within = path.slice(override.place.length + (item === undefined ? 0 : 1)).join('.');
  return { owners: owner === undefined ? [...entries.values()].map((entry) => entry.row) : [owner], within };
}

function describeIgnored({ name, key }: ConfigRow, what: string): string {
  return `cache_config row ${name}/${key} is ignored: ${what}`;
}

function isSicCode(key: string): boolean {
  return /^\d{1,4}$/.test(key);
}
