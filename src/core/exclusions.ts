/** Why a security is no eligible stock, for people, by code. */
export const EXCLUSION_WORDS: Readonly<Record<string, string>> = {
  NOT_COMMON: 'it is not a common stock',
  NOT_LISTED_YET: 'it is not listed yet',
  NO_MARKET_CAP: 'it has no market cap above zero',
  MARKET_CAP_OUT_OF_RANGE: 'its market cap exceeds the supported range',
  STALE_PRICE: 'its last price is too old',
  INACTIVE: 'it is not active',
  RENAMED: 'the security has another ticker',
  PROBABLY_RENAMED: 'the security probably has another ticker, which a person must decide',
};
