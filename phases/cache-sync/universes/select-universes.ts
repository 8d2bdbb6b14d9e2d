import type { Config } from '../../../src/config/schema/index.js';
import { PipelineError } from '../../../src/core/errors.js';
import { TimeSlice } from '../../../src/core/time-slice.js';
import { assertBanding } from './banding.js';
import type { Market } from '../valuation/market.js';
import type { Universe, UniverseIdentity, UniverseRule } from './rule.js';

/**
 * Applies every rule to the market, yielding to the event loop between rules.
 *
 * Shape:  → universes in the order of the rules.
 * @throws EOD_CONFIG_INVALID when two universes have the same type, name and key, or banding is configured for something other than a
 * ranking or a band
 */
export async function selectUniverses(
  rules: readonly UniverseRule[],
  market: Market,
  config: Config,
): Promise<Universe[]> {
  assertBanding(config);
  const slice = new TimeSlice();
  const universes: Universe[] = [];
  for (const rule of rules) {
    universes.push(...selectBy(rule, market, config));
    if (slice.isOver) await slice.next();
  }
  return assertDistinct(universes);
}

/** @throws an error that names the rule: it may be one of a host */
function selectBy(rule: UniverseRule, market: Market, config: Config): readonly Universe[] {
  try {
    return rule.select(market, config);
  } catch (cause) {
    throw new Error(`the rule "${rule.id}" failed: ${(cause as Error).message}`, { cause });
  }
}

function assertDistinct(universes: Universe[]): Universe[] {
  const seen = new Map<string, Universe>();
  for (const universe of universes) {
    const identity = toUniverseName(universe);
    const rival = seen.get(identity);
    if (rival) {
      throw new PipelineError(
        'EOD_CONFIG_INVALID',
        `"${rival.title}" and "${universe.title}" would both be ${identity}`,
        {
          hint: 'rename one of them in config/universes.yaml or config/themes.yaml, or in the rule of an extension',
        },
      );
    }
    seen.set(identity, universe);
  }
  return universes;
}

/** The identity of a universe as one text. */
export function toUniverseName({ type, name, key }: UniverseIdentity): string {
  return `${type}/${name}/${key}`;
}
