import { arrayOf, orNull, text } from '../../src/db/column.js';
import { statement } from '../../src/db/statement.js';

/**
 * Writes the identifiers that a source states into `symbols`, where they differ; what it does not state is kept.
 *
 * Apart from the merge of symbols, because a host may have columns for them that cannot be null.
 */
export const WRITE_IDENTIFIERS = statement({
  parameters: {
    symbols: arrayOf(text),
    ciks: arrayOf(orNull(text)),
    compositeFigis: arrayOf(orNull(text)),
    shareClassFigis: arrayOf(orNull(text)),
    sicCodes: arrayOf(orNull(text)),
  },
  row: {},
  text: `
    update public.symbols s
    set cik = coalesce(t.cik, s.cik), composite_figi = coalesce(t.composite_figi, s.composite_figi),
        share_class_figi = coalesce(t.share_class_figi, s.share_class_figi), sic_code = coalesce(t.sic_code, s.sic_code)
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
      as t (symbol, cik, composite_figi, share_class_figi, sic_code)
    where s.symbol = t.symbol
      and (s.cik, s.composite_figi, s.share_class_figi, s.sic_code) is distinct from
        (coalesce(t.cik, s.cik), coalesce(t.composite_figi, s.composite_figi),
         coalesce(t.share_class_figi, s.share_class_figi), coalesce(t.sic_code, s.sic_code))`,
});
