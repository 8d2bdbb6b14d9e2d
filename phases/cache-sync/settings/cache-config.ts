import type { PoolClient } from 'pg';
import { z } from 'zod';
import { describeMismatch, toProblems } from '../../../src/config/problems.js';
import { themesFileSchema, universesFileSchema, type Config } from '../../../src/config/schema/index.js';
import { kyselyOn } from '../../../src/db/kysely-on.js';
import { OVERRIDES, toFieldName, type Override, type OverriddenConfig } from './cache-config-overrides.js';
import type { CacheLayout } from '../projection/layout.js';
import { keyed } from '../projection/layouts/keyed.js';
import type { ConfigRow, IgnoredRow } from './config-row.js';
import { SIC_MAPPING, toSicMapping, type SicMapping } from './sic-mapping.js';
import { isMapping } from '../../../src/core/is-mapping.js';

export interface CacheConfig {
  readonly config: Config;
  /** Warnings about ignored rows, with their value and what is allowed. */
  readonly warnings: readonly string[];
  /** Those rows, `cache_config/name/key`, and why. */
  readonly ignored: readonly IgnoredRow[];
  readonly sicMapping: SicMapping;
}

/** One key with its value, and the row it comes from. */
interface Entry {
  readonly value: unknown;
  readonly row: ConfigRow;
  readonly isWhole: boolean;
}

/** Keys of rows that contain all entries of their name in one object. */
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
 * The configuration with the overrides of `cache_config` rows, as in the old job; one query.
 *
 * Shape: a name has one row with an object of its entries, or one row per entry, whose key is the entry's; such a row takes precedence over
 *        the object.
 * Edges: only the `keyed` layout has such rows, and only those of environment `DEFAULT` count. A row that the rules of the configuration
 *        refuse is ignored and named in `warnings`; the others of its name count.
 */
export async function readCacheConfig(client: PoolClient, config: Config, layout: CacheLayout): Promise<CacheConfig> {
  const rows = layout.id === keyed.id ? await readConfigRows(client) : [];
  if (rows.length === 0) return { config, warnings: [], ignored: [], sicMapping: new Map() };
  const ignored: IgnoredRow[] = [];
  let overridden: OverriddenConfig = config;
  for (const override of OVERRIDES) {
    const own = rows.filter((row) => row.name === override.name);
    if (own.length > 0) overridden = applyRows(overridden, override, own, ignored);
  }
  const sicMapping = toSicMapping(
    toEntries(
      rows.filter((row) => row.name === SIC_MAPPING),
      isSicCode,
      ignored,
    ),
    ignored,
  );
  const warnings = ignored.map(describeIgnored);
  return { config: { ...config, ...overridden }, warnings, ignored, sicMapping };
}

/** Of several rows with the same identity the newest comes last. */
async function readConfigRows(client: PoolClient): Promise<ConfigRow[]> {
  return kyselyOn(client)
    .selectFrom('public.cache_entries')
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

/** Removes rows until the rest is a valid configuration; without any row it is the original one. */
function applyRows(
  config: OverriddenConfig,
  override: Override,
  rows: readonly ConfigRow[],
  ignored: IgnoredRow[],
): OverriddenConfig {
  const known = new Set(override.keysOf(config));
  let entries = toEntries(rows, (key) => known.has(key), ignored);
  while (entries.size > 0) {
    const merged = place(config, override, entries);
    const parsed = overriddenSchema.safeParse(merged);
    if (parsed.success) return parsed.data;
    const refused = new Map<ConfigRow, string>();
    for (const { path, message } of listProblems(parsed.error, merged)) {
      const { owners, within } = blame(path, merged, override, entries);
      for (const row of owners) if (!refused.has(row)) refused.set(row, `${within} ${message}`.trim());
    }
    for (const [row, what] of refused) ignored.push(toIgnored(row, what));
    entries = new Map([...entries].filter(([, entry]) => !refused.has(entry.row)));
  }
  return config;
}

function toEntries(
  rows: readonly ConfigRow[],
  isKnown: (key: string) => boolean,
  ignored: IgnoredRow[],
): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const isWhole = ({ name, key, value }: ConfigRow): boolean =>
    !isKnown(key) &&
    (WHOLE.has(key.toLowerCase()) || key === name || (isMapping(value) && Object.keys(value).every(isKnown)));
  for (const row of rows.filter(isWhole)) {
    if (isMapping(row.value)) {
      for (const [key, value] of Object.entries(row.value)) entries.set(key, { value, row, isWhole: true });
    } else ignored.push(toIgnored(row, describeMismatch(['universes'], row.value, 'a mapping from key to value')));
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

/** The problems with their paths, in the wording of the configuration files. */
function listProblems(error: z.ZodError, merged: OverriddenConfig): OverrideProblem[] {
  return error.issues.map((issue) => {
    const [problem] = toProblems(new z.ZodError([issue]), { ...merged }, () => ({ kind: 'default' }));
    // An unknown key is not the path of the problem but part of it.
    const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
    return { path, message: problem?.message ?? issue.message };
  });
}

/** The rows that cause a problem: that of the entry, or all of the name when it is in none. */
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

function toIgnored({ name, key }: ConfigRow, reason: string): IgnoredRow {
  return { place: `cache_config/${name}/${key}`, reason, isWhole: true };
}

function describeIgnored({ place, reason, isWhole }: IgnoredRow): string {
  const row = place.replace('/', ' row ');
  return isWhole ? `${row} is ignored: ${reason}` : `${row}: ${reason}; this is ignored`;
}

function isSicCode(key: string): boolean {
  return /^\d{1,4}$/.test(key);
}
