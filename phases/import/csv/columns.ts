import { PipelineError } from '../../../src/core/errors.js';
import { CSV_FIELDS, type CsvField } from '../../../src/core/csv-form.js';

/** Names of columns by field, without regard to case, spaces, `_`, `-`, `.` and `<>`. */
const NAMES: Readonly<Record<CsvField, readonly string[]>> = {
  symbol: ['symbol', 'ticker', 'code', 'instrument'],
  date: ['date', 'day', 'session', 'tradedate', 'datetime', 'timestamp'],
  open: ['open', 'openprice', 'o'],
  high: ['high', 'highprice', 'h'],
  low: ['low', 'lowprice', 'l'],
  close: ['close', 'closeprice', 'lastsale', 'last', 'c'],
  volume: ['volume', 'vol', 'v'],
  previousClose: ['previousclose', 'prevclose', 'priorclose'],
  change: ['change', 'netchange'],
  firstDay: ['firstday', 'isfirstday'],
  name: ['name', 'companyname', 'company', 'securityname'],
  type: ['type', 'securitytype', 'assettype'],
  exchange: ['exchange', 'primaryexchange', 'mic'],
  country: ['country'],
  sector: ['sector'],
  industry: ['industry'],
  marketCap: ['marketcap', 'cap'],
  sharesOutstanding: ['sharesoutstanding', 'shares', 'weightedsharesoutstanding', 'shareclasssharesoutstanding'],
  listDate: ['listdate', 'listingdate', 'ipodate'],
  listingYear: ['listingyear', 'ipoyear'],
};

/** Names of closes that are adjusted; never read as the close. */
const ADJUSTED = ['adjclose', 'adjustedclose', 'closeadj', 'adjustedprice'];

/** Which column has a field, from 0. */
export type Columns = ReadonlyMap<CsvField, number>;

export interface FoundColumns {
  readonly columns: Columns;
  /** Headers that no field reads. */
  readonly unread: readonly string[];
  /** The header of an adjusted close that is there beside the close, or instead of it. */
  readonly adjusted: string | null;
}

/**
 * Finds the columns of the fields: by the configured names, then by those that are in use.
 *
 * @param setting of the configured names, for messages
 * @throws EOD_SOURCE_INVALID when a configured column is not there, or several could be the same field
 */
export function findColumns(
  header: readonly string[],
  configured: Partial<Readonly<Record<CsvField, string>>>,
  { file, setting }: { readonly file: string; readonly setting: string },
): FoundColumns {
  const plain = header.map(toPlain);
  const columns = new Map<CsvField, number>();
  for (const field of CSV_FIELDS) {
    const name = configured[field];
    if (name !== undefined) {
      const at = header.indexOf(name) === -1 ? plain.indexOf(toPlain(name)) : header.indexOf(name);
      if (at === -1) {
        throw new PipelineError('EOD_SOURCE_INVALID', `${file} has no column "${name}" for ${field}`, {
          hint: `its columns are ${header.join(', ')}: change ${setting}.${field}`,
        });
      }
      columns.set(field, at);
      continue;
    }
    const found = plain.flatMap((text, at) => (NAMES[field].includes(text) ? [at] : []));
    if (found.length > 1) {
      const names = found.map((at) => `"${header[at] ?? ''}"`).join(' and ');
      throw new PipelineError('EOD_SOURCE_INVALID', `in ${file} the columns ${names} could both be ${field}`, {
        hint: `name one of them in ${setting}.${field}`,
      });
    }
    if (found[0] !== undefined) columns.set(field, found[0]);
  }
  const read = new Set(columns.values());
  const adjustedAt = plain.findIndex((text) => ADJUSTED.includes(text));
  return {
    columns,
    unread: header.filter((_, at) => !read.has(at)),
    adjusted: adjustedAt === -1 ? null : (header[adjustedAt] ?? null),
  };
}

function toPlain(header: string): string {
  return header.toLowerCase().replaceAll(/[\s_.<>-]/g, '');
}
