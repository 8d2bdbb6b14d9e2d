import { createHash } from 'node:crypto';
import type { Config } from './schema/index.js';

/**
 * SHA-256 (hex) of the settings that decide what is published: universes, themes, sectors, SIC codes, gates, calendar and the rules of the import.
 *
 * Edges: the location of the input (`import.source`, `import.dir`, `import.massive`) is excluded, because the same rows from elsewhere publish
 *        the same result; so are database and run settings. The order of keys does not count, the order of lists does.
 */
export function hashConfig(config: Config): string {
  const { source: _source, dir: _dir, massive: _massive, ...importRules } = config.import;
  const { universes, themes, sectors, sic, gates, calendar } = config;
  return createHash('sha256')
    .update(canonicalJson({ universes, themes, sectors, sic, gates, calendar, import: importRules }))
    .digest('hex');
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry;
    return Object.fromEntries(Object.entries(entry).toSorted(([left], [right]) => (left < right ? -1 : 1)));
  });
}
