import { hashText } from '../hash-text.js';
import type { LoadedMarket } from './load-market.js';
import type { Security } from '../valuation/market.js';
import type { SicMapping } from '../settings/sic-mapping.js';

/** Fills missing sectors and industries from the SIC code; without a mapping securities stay unchanged. */
export function fillSectors(loaded: LoadedMarket, mapping: SicMapping): LoadedMarket {
  if (mapping.size === 0) return loaded;
  const securities = {
    *[Symbol.iterator]() {
      for (const security of loaded.securities) yield fillSector(security, mapping);
    },
  };
  return { ...loaded, securities, inputHash: hashText(loaded.inputHash + JSON.stringify([...mapping])) };
}

function fillSector(security: Security, mapping: SicMapping): Security {
  const found = security.sicCode === null ? undefined : mapping.get(security.sicCode);
  if (found === undefined) return security;
  // `||`, because hosts store empty text for an unknown fact.
  return { ...security, sector: security.sector || found.sector, industry: security.industry || found.industry };
}
