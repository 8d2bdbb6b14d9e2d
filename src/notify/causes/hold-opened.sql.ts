import type { MessageText } from '../message.js';
import { declareCause, findOccurrences } from '../cause.js';

interface Facts {
  readonly holds: readonly {
    readonly id: number;
    /** Null: the whole session. */
    readonly universe: string | null;
    readonly gate: string;
    readonly message: string;
  }[];
}

const SHOWN = 2;

/** Open holds of sessions whose runs have ended; not of a backfill, whose result shows them. Index: hold_open_idx. */
const FIND_OPENED_HOLDS = findOccurrences<Facts>(`
    select to_char(h.session, 'YYYY-MM-DD') as session, max(h.created_at) as at,
           jsonb_build_object('holds', jsonb_agg(jsonb_build_object(
             'id', h.id, 'universe', u.type || '/' || u.name || '/' || u.key, 'gate', h.gate, 'message', coalesce(h.message, h.gate))
             order by h.universe_id nulls first, h.id)) as facts
    from pipeline.hold h
    join pipeline.run r on r.id = h.run_id
    left join pipeline.universe u on u.id = h.universe_id, asked
    where h.state = 'open' and h.lifted_at is null and h.created_at >= asked.since and r.trigger <> 'backfill' and r.status <> 'running'
    group by h.session`);

export const holdOpened = declareCause('hold.opened', FIND_OPENED_HOLDS, ({ holds }, session): MessageText => {
  const whole = holds.filter(({ universe }) => universe === null);
  const isWhole = whole.length > 0;
  const shown = (isWhole ? whole : holds).slice(0, SHOWN);
  const more = (isWhole ? whole : holds).length - shown.length;
  const held = holds.length === 1 ? '1 universe is' : `${holds.length} universes are`;
  return {
    title: isWhole ? `${session} is held` : `${held} held in ${session}`,
    lines: [
      ...shown.map(({ gate, message, universe }) => `${universe === null ? gate : universe}: ${message}`),
      `${more > 0 ? `And ${more} more. ` : ''}The members published before are kept until a hold is approved.`,
    ],
    command: holds.length === 1 ? `tickstock holds show ${holds[0]?.id ?? ''}` : 'tickstock holds',
  };
});
