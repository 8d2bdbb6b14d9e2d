import {
  matchCompanies,
  type CompanyDoubt,
  type CompanyEvidence,
} from '../../../src/securities/companies/match-companies.js';
import type { Stock } from './market.js';

const NO_EVIDENCE: CompanyEvidence = { cikOf: () => null, decisionOf: () => null, wasLead: () => false };

/** The stocks of a session by company; see `Market`. */
export interface RankedCompanies {
  readonly companies: readonly Stock[];
  readonly classes: ReadonlyMap<string, readonly string[]>;
  readonly doubts: readonly CompanyDoubt[];
}

/** Ranks companies by the class that stands for each, and writes company and rank into the stocks, which are in rank order. */
export function rankCompanies(stocks: readonly Stock[], evidence: CompanyEvidence = NO_EVIDENCE): RankedCompanies {
  const { leads, doubts } = matchCompanies(stocks, evidence);
  const companies: Stock[] = [];
  const classes = new Map<string, string[]>();
  for (const stock of stocks) {
    const lead = leads.size === 0 ? undefined : leads.get(stock.symbol);
    stock.company = lead ?? null;
    if (lead !== undefined) classes.set(lead, [...(classes.get(lead) ?? []), stock.symbol]);
    if (lead !== undefined && lead !== stock.symbol) continue;
    companies.push(stock);
    stock.companyRank = companies.length;
  }
  return { companies, classes, doubts };
}
