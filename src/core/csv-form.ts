/** What a column of a CSV file can be, for bars and for reference data. */
export const CSV_FIELDS = [
  'symbol',
  'date',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'previousClose',
  'change',
  'firstDay',
  'name',
  'type',
  'exchange',
  'country',
  'sector',
  'industry',
  'marketCap',
  'sharesOutstanding',
  'listDate',
  'listingYear',
] as const;
export type CsvField = (typeof CSV_FIELDS)[number];

/** Vendors whose files are known; none: any file. */
export const CSV_PRESETS = ['none', 'massive', 'stooq', 'yahoo'] as const;
/** Separators of columns by their names in the configuration. */
export const CSV_DELIMITERS = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' } as const;
