/** Names of the screener that the library writes differently. */
const ALIASES: Readonly<Record<string, string>> = {
  'British Virgin Islands': 'VG',
  Macau: 'MO',
  'U.S. Virgin Islands': 'VI',
};

/**
 * English names of countries → ISO 3166 codes of two letters. Loaded on demand, because the names of all languages come with the library.
 *
 * Edges: a name that is not known has no code; a code is its own.
 */
export async function createCountryCoder(): Promise<(country: string | null) => string | null> {
  const { default: countries } = await import('i18n-iso-countries');
  return (country) => {
    if (country === null || /^[A-Z]{2}$/.test(country)) return country;
    return ALIASES[country] ?? countries.getSimpleAlpha2Code(country, 'en') ?? null;
  };
}
