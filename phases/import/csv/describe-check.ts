import { countBy } from '../../../src/core/count-by.js';
import { formatCount, formatCounted } from '../../../src/core/format-count.js';
import { CSV_FIELDS, type CsvField } from '../../../src/core/csv-form.js';
import type { CollectedRows } from '../collect.js';
import type { Listing } from '../source.js';
import type { SourceCheck } from '../source-check.js';
import type { OpenForm } from './open-form.js';

const EXAMPLES = 3;
/** A price as traded has at most four decimals; of prices adjusted for dividends nearly all have more. */
const ADJUSTED_SHARE = 0.2;

/** What was found in a session, and what of it a user should know before it is imported. */
export function describeCheck(
  { listings, rejected, read }: CollectedRows,
  { header, form: { columns, symbol }, found }: OpenForm,
  warnings: readonly string[],
): Pick<SourceCheck, 'rows' | 'refused' | 'refusedByReason' | 'refusedExamples' | 'fields' | 'unread' | 'problems'> {
  const shown = listings.slice(0, EXAMPLES);
  const fields = CSV_FIELDS.flatMap((field) => {
    const at = columns.get(field);
    const isFromName = field === 'symbol' && symbol !== null;
    if (at === undefined && !isFromName) return [];
    return [
      {
        // A change is read for the previous close.
        field: field === 'change' ? 'previousClose' : field,
        column: at === undefined ? null : (header[at] ?? null),
        values: shown.map((listing) => valueOf(listing, field)),
      },
    ];
  });
  return {
    rows: read,
    refused: rejected.length,
    refusedByReason: countBy(rejected.map(({ reason }) => reason)),
    refusedExamples: rejected
      .slice(0, EXAMPLES)
      .map(({ origin, rowNumber, detail }) => `row ${rowNumber} of ${origin}: ${detail}`),
    fields,
    unread: found.unread,
    problems: [...warnings, ...listProblems(listings, found.adjusted)],
  };
}

function listProblems(listings: readonly Listing[], adjusted: string | null): string[] {
  const count = (isFound: (listing: Listing) => boolean) => listings.filter(isFound).length;
  const closes = listings.flatMap(({ bar }) => (bar !== null && bar.close >= 1 ? [bar.close] : []));
  const long = closes.filter((close) => Math.abs(close * 1e4 - Math.round(close * 1e4)) > 1e-3).length;
  const untyped = count(({ symbol }) => symbol.type === null);
  const capless = count(
    ({ symbol }) => symbol.type === 'CS' && symbol.marketCapUsd === null && symbol.sharesOutstanding === null,
  );
  const unquoted = count(({ quote }) => quote?.previousClose === null && !quote.isFirstDay);
  const volumeless = count(({ bar }) => bar?.volume === 0);
  return [
    ...(long > ADJUSTED_SHARE * closes.length
      ? [
          `${formatCount(long)} of ${formatCounted(closes.length, 'close')} have more than four decimals, as adjusted prices have: are these prices as traded? Splits would count twice`,
        ]
      : []),
    ...(adjusted === null ? [] : [`column "${adjusted}" is adjusted for dividends and is not read`]),
    ...(untyped > 0
      ? [
          `${formatCount(untyped)} of ${formatCounted(listings.length, 'symbol')} without a type: only those that symbols knows already can be in a universe; name a reference file in import.csv.reference`,
        ]
      : []),
    ...(capless > 0
      ? [
          `${formatCounted(capless, 'common stock')} without a market cap or shares: bands and rankings need one; a reference file can have them`,
        ]
      : []),
    ...(unquoted > listings.length / 2
      ? [
          'no previous close or change: splits are not derived from the bars; enter them with `tickstock actions import`, or a price that moves like that of a split becomes an exception',
        ]
      : []),
    ...(volumeless > listings.length / 2 && listings.length > 0
      ? ['most volumes are zero or absent: a price move cannot be told from a split by its volume']
      : []),
  ];
}

function valueOf({ symbol, bar, quote }: Listing, field: CsvField): string | number | boolean | null {
  switch (field) {
    case 'symbol':
      return symbol.symbol;
    case 'date':
      return bar?.date ?? null;
    case 'open':
    case 'high':
    case 'low':
    case 'close':
    case 'volume':
      return bar?.[field] ?? null;
    case 'change':
    case 'previousClose':
      return quote?.previousClose ?? null;
    case 'firstDay':
      return quote?.isFirstDay ?? null;
    case 'listingYear':
      return quote?.listingYear ?? null;
    case 'marketCap':
      return symbol.marketCapUsd;
    default:
      return symbol[field];
  }
}
