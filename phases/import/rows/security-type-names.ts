import type { SecurityType } from './security-type.js';

/** How sources write the types of securities, without regard to case. The codes are those of Massive's reference data, among others. */
const TYPES: Readonly<Record<SecurityType, readonly string[]>> = {
  CS: ['cs', 'common stock', 'stock', 'common', 'equity', 'nyrs', 'os'],
  ADRC: ['adrc', 'adr', 'ads', 'gdr'],
  ETF: ['etf', 'etn', 'etv', 'ets', 'exchange traded fund', 'exchange-traded fund'],
  PFD: ['pfd', 'preferred', 'preferred stock', 'adrp'],
  WARRANT: ['warrant', 'adrw'],
  RIGHT: ['right', 'adrr'],
  UNIT: ['unit'],
  FUND: ['fund', 'closed-end fund', 'mutual fund', 'mf'],
  SP: ['sp', 'bond', 'note', 'structured product'],
  OTHER: ['other'],
};

const BY_NAME: ReadonlyMap<string, SecurityType> = new Map(
  Object.entries(TYPES).flatMap(([type, names]) => names.map((name) => [name, type as SecurityType] as const)),
);

/** A type that no source in use writes is `OTHER`, which is in no universe. */
export function toSecurityType(text: string): SecurityType {
  return BY_NAME.get(text.toLowerCase()) ?? 'OTHER';
}
