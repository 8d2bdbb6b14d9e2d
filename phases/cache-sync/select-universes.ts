import type { Config } from '../../src/config/schema.js';
import { PipelineError } from '../../src/core/errors.js';
import type { Market } from './market.js';
import type { Universe, UniverseIdentity, UniverseRule } from './rule.js';

/**
 * Applies every rule to the market.
 *
 * Shape:  → universes in the order of the rules.
 * @throws EOD_CONFIG_INVALID when two universes come to the same type, name and key
 */
export function selectUniverses(rules: readonly UniverseRule[], market: Market, config: Config): Universe[] {
  const universes = rules.flatMap((rule) => [...rule.select(market, config)]);
  const seen = new Map<string, Universe>();
  for (const universe of universes) {
    const identity = toUniverseName(universe);
    const rival = seen.get(identity);
    if (rival) {
      throw new PipelineError(
        'EOD_CONFIG_INVALID',
        `"${rival.title}" and "${universe.title}" would both be ${identity}`,
        {
          hint: 'rename one of them in config/universes.yaml or config/themes.yaml',
        },
      );
    }
    seen.set(identity, universe);
  }
  return universes;
}

/** One text for a universe's identity. */
export function toUniverseName({ type, name, key }: UniverseIdentity): string {
  return `${type}/${name}/${key}`;
}
