import { expect } from 'chai';
import type { Database } from '../../../src/db/database.js';

/** Invariant 2, first half: the audit, as it is believed, in the order of its sessions. */
export async function assertReplayGivesMembership(database: Database): Promise<void> {
  const { rows: changes } = await database.pool.query<{
    member: string;
    action: string;
    session: string;
    reason: string;
  }>(
    `select universe_id || ' ' || symbol as member, action, session::text, reason from pipeline.membership_change
     where superseded_at is null order by pipeline.membership_change.session, id`,
  );
  const { rows: intervals } = await database.pool.query<{ text: string }>(
    `select concat_ws(' ', universe_id, symbol, valid_from, coalesce(valid_to::text, 'open')) as text
     from pipeline.membership where known_to is null`,
  );
  const replayed = new Map<string, { from: string; to: string | null; endedBy?: string }[]>();
  for (const { member, action, session, reason } of changes) {
    const spans = replayed.get(member) ?? [];
    replayed.set(member, spans);
    const last = spans.at(-1);
    if (action === 'added' && last?.to === session && last.endedBy !== 'REUSED') last.to = null;
    else if (action === 'added') spans.push({ from: session, to: null });
    else if (last?.from === session) spans.pop();
    else if (last) Object.assign(last, { to: session, endedBy: reason });
  }
  const texts = [...replayed].flatMap(([member, spans]) =>
    spans.map((span) => `${member} ${span.from} ${span.to ?? 'open'}`),
  );
  expect(texts.toSorted()).to.deep.equal(intervals.map((row) => row.text).toSorted());
}

/** Invariant 2, second half: every managed row lists exactly the open members of its universe. */
export async function assertProjectionShowsMembership(database: Database): Promise<void> {
  const { rows } = await database.pool.query<{ place: string; shown: string[]; members: string[] }>(
    `select concat_ws('/', c.type, c.name, c.key) as place,
            array(select jsonb_array_elements_text(case when jsonb_typeof(c.value) = 'array' then c.value
                    else jsonb_path_query_array(c.value, '$.*[*].ticker') || jsonb_path_query_array(c.value, '$.etfs[*] ? (!exists(@.ticker)).symbol')
                    end) order by 1) as shown,
            array(select m.symbol from pipeline.membership m
                  where m.universe_id = p.universe_id and m.valid_to is null and m.known_to is null order by 1) as members
     from pipeline.projection p
     left join cache_entries c using (type, name, key, environment)
     where p.type <> 'stock_stats'`,
  );
  for (const { place, shown, members } of rows) expect(shown.toSorted(), place).to.deep.equal(members.toSorted());
}

/** Nobody is a member of a universe twice at once. */
export async function assertNoOverlap(database: Database): Promise<void> {
  const { rows } = await database.pool.query(
    `select a.universe_id, a.symbol from pipeline.membership a
     join pipeline.membership b on b.universe_id = a.universe_id and b.symbol = a.symbol and b.ctid > a.ctid
     where a.known_to is null and b.known_to is null
       and daterange(a.valid_from, a.valid_to) && daterange(b.valid_from, b.valid_to)`,
  );
  expect(rows).to.deep.equal([]);
}
