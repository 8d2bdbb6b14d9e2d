import { arrayOf, boolean, date, instant, jsonb, orNull, text } from '../db/column.js';
import { statement } from '../db/statement.js';
import { SAME_COUNT } from './kinds/market-cap.js';

const IS_SAME = 'e.kind = d.kind and e.symbol = d.symbol and e.other is not distinct from d.other';

/**
 * Opens an exception for every doubt that has none, and supersedes the open ones of this session, or of an earlier one when it is the newest,
 * that it does not find any more. Parallel lists.
 *
 * Edges: a doubt that a person has decided is not opened again. One of this session that was superseded is the same exception when it is found again,
 *        as a replay does, and has the newest evidence. Two classes of which one has no figures in the session stay doubtful, unless it
 *        is no stock any more. A decision about a market cap is one about its share count.
 * Index: exception_open_idx, exception_current_key.
 */
export const WRITE_DOUBTS = statement({
  parameters: {
    session: date,
    at: instant,
    isNewest: boolean,
    kinds: arrayOf(text),
    symbols: arrayOf(text),
    others: arrayOf(orNull(text)),
    sessions: arrayOf(date),
    reasons: arrayOf(text),
    evidence: arrayOf(jsonb()),
  },
  row: {},
  text: `
    with doubt as materialized (
      select * from unnest($4::text[], $5::text[], $6::text[], $7::date[], $8::text[], $9::jsonb[])
        as d (kind, symbol, other, session, reason, evidence)
    ), settled as (
      update pipeline.exception e set state = 'superseded'
      where e.state = 'open' and e.kind <> 'PRICE_MOVE'
        and not exists (select from doubt d where d.kind = e.kind and d.symbol = e.symbol and d.other is not distinct from e.other)
        and (e.session = $1
          or $3 and e.session < $1 and e.kind = 'SAME_COMPANY'
             and (2 = (select count(*) from pipeline.valuation v
                       where v.session = $1 and v.symbol in (e.symbol, e.other) and v.exclusion is null)
               or exists (select from pipeline.symbol_fact f
                          where f.valid_to is null and f.symbol in (e.symbol, e.other) and f.type is distinct from 'CS'))
          or $3 and e.session < $1 and e.kind = 'MARKET_CAP'
             and not exists (select from pipeline.valuation v where v.session = $1 and v.symbol = e.symbol and v.suspect_sessions > 0)
          or exists (select from pipeline.symbol_event r
                     where r.session = $1 and r.event = 'renamed' and r.superseded_at is null and e.kind = 'RENAME'
                       and r.detail ->> 'to' = e.symbol))
    ), wanted as materialized (
      select d.*, (select max(e.id) from pipeline.exception e
                   where ${IS_SAME} and e.session = d.session and e.state = 'superseded' and e.decided_by is null) as former
      from doubt d
      where not exists (select from pipeline.exception e
                        where ${IS_SAME} and e.state <> 'superseded'
                          and (e.kind <> 'RENAME' or e.session = d.session)
                          and (e.kind <> 'MARKET_CAP' or e.state = 'open'
                               or (d.evidence ->> 'shares')::numeric between (e.evidence ->> 'shares')::numeric / ${SAME_COUNT}
                                                                         and (e.evidence ->> 'shares')::numeric * ${SAME_COUNT}))
    ), reopened as (
      update pipeline.exception e set state = 'open', reason = w.reason, evidence = w.evidence
      from wanted w where e.id = w.former
    ), refreshed as (
      update pipeline.exception e set reason = d.reason, evidence = d.evidence
      from doubt d
      where ${IS_SAME} and e.session = d.session and e.state = 'open' and (e.reason, e.evidence) is distinct from (d.reason, d.evidence)
    )
    insert into pipeline.exception (kind, symbol, other, session, reason, evidence, known_at)
    select kind, symbol, other, session, reason, evidence, $2 from wanted where former is null`,
});
