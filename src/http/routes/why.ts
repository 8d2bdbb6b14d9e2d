import { z } from 'zod';
import { MEASURES, toSnakeCase } from '../../index.js';
import { count, flag, instant, name, session } from '../bodies/fields.js';
import { toSession } from '../bodies/point-in-time.js';
import type { Routes } from '../route.js';

const usd = z.number().nullable().describe('USD');
const rank = z.int().positive().nullable();
const change = z
  .object({
    session,
    reason: z.string().describe('reason code of the audit'),
    run_id: z.string(),
    known_at: instant,
    detail: z.record(z.string(), z.unknown()).nullable().describe('rank, market cap and sector at that time'),
  })
  .nullable();
const place = z.object({
  place: z.int(),
  symbol: z.string().nullable().describe('the symbol at that place; null when there are fewer symbols'),
  market_cap_usd: usd,
  dollar_volume_usd: usd,
  assets_usd: usd,
});
const measurePlace = z.object({ place: z.int(), symbol: z.string(), figure: z.number() }).nullable();
const whyBody = z.object({
  symbol: z.string(),
  name: z.string().nullable(),
  type: z.string().nullable(),
  sector: z.string().nullable(),
  industry: z.string().nullable(),
  universe: z.string(),
  title: z.string(),
  policy: z.record(z.string(), z.unknown()).describe('current rule of the universe'),
  session,
  asked: session.nullable().describe('the requested date; null for now'),
  member: flag,
  since: session.nullable(),
  entered: change.describe('the change that began the membership'),
  left: change.describe('the change that ended the last membership; null for a member'),
  position: rank.describe('position in published order; null unless it is a member'),
  size: count.describe('members'),
  rank: rank.describe('among all eligible stocks'),
  scope: z
    .object({ place: rank, size: count, symbols: count, enter: place, leave: place })
    .nullable()
    .describe('the ranking that the universe selects from'),
  measure: z
    .object({
      name: z.enum(MEASURES),
      sessions: z.int().nullable().describe('number of sessions it is measured over; null: the session alone'),
      order: z.enum(['highest', 'lowest']),
      figure: z.number().nullable().describe('USD, shares or percent; null: none, or beyond the stored places'),
      place: rank,
      size: count,
      candidates: count,
      known: count.describe('number of places that are stored'),
      last: measurePlace.describe('the last place that is in'),
      next: measurePlace.describe('the first that is not'),
    })
    .nullable()
    .describe('its standing in a ranking by a measure; null for other universes'),
  market_cap_usd: usd,
  raw_cap_usd: usd.describe('USD; the figure as it was imported, when it is suspect and another one ranks instead'),
  suspect_sessions: count,
  doubt: z.string().nullable().describe('why the raw figure is not believed; null: it is'),
  count_since: session.nullable().describe('session since which the share count has been believed, where it is recent'),
  former_counts: z
    .array(z.object({ shares: z.number(), until: session }))
    .describe('share counts believed lately, with the last session of each'),
  cap_source: z.enum(['close_x_shares', 'source_market_cap', 'none']).nullable(),
  close: z.number().nullable(),
  price_session: session.nullable(),
  shares: z.number().nullable(),
  dollar_volume_usd: usd,
  assets_usd: usd.describe('USD; assets of an ETF'),
  flags: z.array(z.string()),
  exclusion: z.string().nullable().describe('why it is not an eligible stock'),
  company: z
    .string()
    .nullable()
    .describe('ticker of the class that stands for the company, where it has several; null: it has one'),
  figures_session: session.nullable(),
  banding: z
    .object({
      state: z.enum(['inside', 'buffer', 'outside', 'unknown']),
      in_rank: rank,
      out_rank: rank,
      out_below_usd: usd,
      out_above_usd: usd,
      stays_until: session.nullable(),
    })
    .nullable()
    .describe('its position in the buffer around the cut-off'),
  holds: z.array(
    z.object({
      id: z.int(),
      gate: z.string(),
      whole_session: flag,
      measured: z.number().nullable(),
      threshold: z.number().nullable(),
      message: z.string().nullable(),
      state: z.enum(['open', 'approved', 'rejected']),
      decided_by: z.string().nullable(),
      decided_at: instant.nullable(),
      decision_reason: z.string().nullable(),
    }),
  ),
  flips: z
    .array(
      z.object({
        change: z.enum(['enters', 'leaves']),
        rank,
        cap_usd: usd,
        dollar_volume_usd: usd,
        assets_usd: usd,
        move_pct: z.number().nullable().describe('percent by which its own figure differs from that'),
        session: session.nullable(),
        text: z.string(),
      }),
    )
    .describe('what would change the membership'),
  sentences: z.array(z.string()).describe('the answer in sentences'),
});

export const why: Routes = (app, { pipeline, deadline }) => {
  app.get(
    '/api/universes/:key/why/:symbol',
    {
      schema: {
        operationId: 'explainMembership',
        tags: ['universes'],
        summary: 'Why a symbol is or is not a member of a universe, and what would change that',
        params: z.object({ key: z.string(), symbol: name }),
        querystring: z.strictObject({ session: session.describe('the newest published by default').optional() }),
        response: { 200: whyBody },
      },
    },
    async ({ params: { key, symbol }, query }) =>
      toSnakeCase(
        await deadline.within(() => pipeline.history.why(symbol, key, { session: toSession(query.session) })),
      ),
  );
};
