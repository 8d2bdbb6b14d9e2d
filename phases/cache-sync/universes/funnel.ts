import type { UniversesConfig } from '../../../src/config/schema/index.js';
import { EXCLUSION_WORDS } from '../../../src/core/exclusions.js';
import { describeMeasure, formatMeasure } from '../../../src/core/ranking-measures.js';
import type { FunnelStep, TriedUniverse } from '../../../src/core/universe-trial.js';
import type { Market, Valued } from '../valuation/market.js';
import { isMeasured } from './measures.js';
import { listFilters } from './rules/measure-rankings.js';
import type { Universe } from './rule.js';

/** How a selected ranking or band came about: what each step removed, and who is left. */
export function describeFunnel(
  universe: Universe,
  market: Market,
  { rankings }: Pick<UniversesConfig, 'rankings'>,
): TriedUniverse {
  const { key, title, members, limits } = universe;
  const ranking = rankings.filter(isMeasured).find((each) => each.key === key);
  const name = ranking?.measure ?? 'marketCap';
  const measure = describeMeasure(name, ranking?.sessions ?? null);
  const steps = [...listExclusions(market)];
  const remove = (step: string, left: number): void => {
    const before = steps.at(-1)?.left ?? 0;
    if (left < before) steps.push({ step, removed: before - left, left });
  };
  let stocks = market.stocks;
  for (const { removes, keeps } of ranking === undefined ? [] : listFilters(ranking, market)) {
    stocks = stocks.filter(keeps);
    remove(removes, stocks.length);
  }
  if (limits?.kind === 'measure') remove(`no ${measure}`, limits.candidates);
  if (limits?.kind === 'rank' && limits.of === 'companies')
    remove('another class stands for the company', limits.candidates);
  remove(
    limits?.kind === 'cap' ? 'market cap outside of the band' : `beyond the first ${members.length}`,
    members.length,
  );
  const figures = new Map(limits?.kind === 'measure' ? limits.figures : []);
  return {
    key,
    title,
    measure,
    steps,
    members: members.map((member, index) => {
      const figure = limits?.kind === 'measure' ? (figures.get(member.symbol) ?? null) : member.marketCapUsd;
      return {
        position: index + 1,
        symbol: member.symbol,
        name: member.name,
        figure,
        figureText: figure === null ? '–' : formatMeasure(name, figure),
        marketCapUsd: member.marketCapUsd,
        close: member.close,
        sector: member.sector,
      };
    }),
  };
}

/** From every listed security to the eligible stocks, the largest group first. */
function listExclusions({ securities, stocks }: Market): FunnelStep[] {
  const counts = new Map<string, number>();
  for (const { exclusion } of securities.values() as Iterable<Valued>)
    if (exclusion !== null) counts.set(exclusion, (counts.get(exclusion) ?? 0) + 1);
  let left = [...counts.values()].reduce((sum, count) => sum + count, stocks.length);
  const first = { step: 'securities with figures', removed: 0, left };
  const rest = [...counts].toSorted((one, other) => other[1] - one[1]);
  return [
    first,
    ...rest.map(([code, removed]) => {
      left -= removed;
      return { step: `${EXCLUSION_WORDS[code] ?? code} (${code})`, removed, left };
    }),
  ];
}
