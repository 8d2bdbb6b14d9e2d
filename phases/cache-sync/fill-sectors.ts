import { hashText } from './hash-text.js';
import type { LoadedMarket } from './load-market.js';
import type { SicMapping } from './sic-mapping.js';

/** Gives securities without a sector or industry those of their SIC code; without a mapping everything stays as it is. */
export function fillSectors(loaded: LoadedMarket, mapping: SicMapping): LoadedMarket {
  if (mapping.size === 0) return loaded;
  const securities = loaded.securities.map((security) => {
    const found = security.sicCode === null ? undefined : mapping.get(security.sicCode);
    if (found === undefined) return security;
    // `||`: hosts leave empty text where a fact is absent.
    return { ...security, sector: security.sector || found.sector, industry: security.industry || found.industry };
  });
  return { securities, inputHash: hashText(loaded.inputHash + JSON.stringify([...mapping])) };
}
