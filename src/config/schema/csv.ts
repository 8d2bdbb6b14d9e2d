import { z } from 'zod';
import { CSV_DELIMITERS, CSV_FIELDS, CSV_PRESETS } from '../../core/csv-form.js';
import { unique, word } from './fields.js';

const DATE_FORMATS = [
  'auto',
  'YYYY-MM-DD',
  'YYYYMMDD',
  'MM/DD/YYYY',
  'DD/MM/YYYY',
  'DD.MM.YYYY',
  'seconds',
  'milliseconds',
  'nanoseconds',
] as const;

const columns = z.partialRecord(z.enum(CSV_FIELDS), word).default({});

export const csvSchema = z
  .strictObject({
    preset: z
      .enum(CSV_PRESETS)
      .default('none')
      .describe('vendor whose form the files have; none: columns are found by their names'),
    columns: columns.describe('name of the column of each field, where it is not found by itself'),
    header: unique(z.array(word))
      .optional()
      .describe('names of the columns, in order, of files that have no header line'),
    delimiter: z
      .enum(['auto', ...(Object.keys(CSV_DELIMITERS) as (keyof typeof CSV_DELIMITERS)[])])
      .default('auto')
      .describe('separator of columns; auto: the one that the first line has most of'),
    decimal: z.enum(['point', 'comma']).default('point').describe('decimal sign of numbers'),
    dateFormat: z
      .enum(DATE_FORMATS)
      .default('auto')
      .describe('form of dates; auto: YYYY-MM-DD, YYYYMMDD, or a Unix time of 10, 13 or 19 digits'),
    symbolSuffix: z
      .string()
      .max(10)
      .default('')
      .describe('text at the end of every symbol that is not part of it, such as .US'),
    reference: z
      .string()
      .min(1)
      .optional()
      .describe('file with a row per symbol: name, type, exchange, sector, shares, market cap'),
    referenceColumns: columns.describe('the same as columns, for the reference file'),
  })
  .prefault({});
export type CsvSettings = z.output<typeof csvSchema>;
