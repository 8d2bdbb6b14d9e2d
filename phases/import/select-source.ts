import type { InjectionToken } from 'tsyringe';
import { PipelineError } from '../../src/core/errors.js';
import { nearestName } from '../../src/core/nearest.js';
import type { MarketSource, SourceParts } from './source.js';
import { SOURCES } from './sources/index.js';

export type SourceClass = (typeof SOURCES)[number];

/** Sources of the host, for the container. */
export const OTHER_SOURCES = Symbol('OtherSources') as InjectionToken<readonly SourceClass[]>;

/**
 * @param others sources of the host
 * @throws EOD_SOURCE_UNKNOWN, listing the available sources
 */
export function selectSource(id: string, parts: SourceParts, others: readonly SourceClass[] = []): MarketSource {
  const sources = [...SOURCES, ...others].map((Source) => new Source(parts));
  const found = sources.find((source) => source.id === id);
  if (found) return found;
  const ids = sources.map((source) => source.id);
  const nearest = nearestName(id, ids);
  throw new PipelineError('EOD_SOURCE_UNKNOWN', `there is no import source "${id}"`, {
    hint: `${nearest ? `did you mean "${nearest}"? ` : ''}sources: ${ids.join(', ')}`,
  });
}
