import { z } from 'zod';
import { unique, word } from './fields.js';

const CODES = /^(?<first>\d{4})(-(?<last>\d{4}))?$/;

/** YAML reads `0100` as text and `3826` as a number. */
const codes = z
  .union([z.string(), z.number().int()])
  .transform(String)
  .pipe(
    z.string().refine((text) => {
      const { first, last = first } = CODES.exec(text)?.groups ?? {};
      return first !== undefined && last !== undefined && first <= last;
    }, 'a code of four digits, or the first and the last of a range such as 3570-3579'),
  );

export const sicFileSchema = z.strictObject({
  sic: unique(
    z.array(
      z.strictObject({
        codes: codes.describe('a code of four digits, or the first and the last of a range'),
        sector: word,
      }),
    ),
    'codes',
  ).describe('sectors of SIC codes, for sources that state no sector'),
});
