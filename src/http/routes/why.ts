import { z } from 'zod';
import type { Why, WhyChange } from '../../index.js';
import { count, flag, instant, name, session } from '../bodies/fields.js';
import { toSession } from '../bodies/point-in-time.js';
import type { Routes } from '../route.js';

const usd = z.number().nullable().describe('USD');
const rank = z.int().positive().nullable();
const change = z
  .object({
    session,
    reason: z.string().describe('code of the audit'),
    run_id: z.string(),
    known_at: instant,
    detail: z.record(z.string(), z.unknown()).nullable().describe('rank, market cap and sector then'),
  })
  .nullable();
const place = z.object({
  place: z.int(),
  symbol: z.string().nullable().describe('who holds the place; null where there are fewer'),
  market_cap: usd,
  dollar_volume: usd,
});
const whyBody = z.object({
  symbol: z.string(),
  name: z.string().nullable(),
  type: z.string().nullable(),
  sector: z.string().nullable(),
  industry: z.string().nullable(),
  universe: z.string(),
  title: z.string(),
  policy: z.record(z.string(), z.unknown()).describe("the universe's rule as it is now"),
  session,
  asked: session.nullable().describe('date as it was asked for; null for now'),
  member: flag,
  since: session.nullable(),
  entered: change.describe('what began the membership'),
  left: change.describe('what ended the last membership of who is no member any more'),
  position: rank.describe('place in published order; null for who is no member'),
  size: count.describe('members'),
  rank: rank.describe('among all eligible stocks'),
  scope: z
    .object({ place: rank, size: count, symbols: count, enter: place, leave: place })
    .nullable()
    .describe('those that the universe chooses its first ones from'),
  market_cap: usd,
  raw_market_cap: usd.describe('USD; the figure as it came, where it is suspect and another ranks in its place'),
  suspect_sessions: count,
  cap_source: z.enum(['close_x_shares', 'source_market_cap', 'none']).nullable(),
  close: z.number().nullable(),
  price_session: session.nullable(),
  shares: z.number().nullable(),
  dollar_volume: usd,
  flags: z.array(z.string()),
  exclusion: z.string().nullable().describe('why it is no eligible stock'),
  figures_session: session.nullable(),
  banding: z
    .object({
      state: z.enum(['inside', 'buffer', 'outside', 'unknown']),
      in_rank: rank,
      out_rank: rank,
      out_below: usd,
      out_above: usd,
      stays_until: session.nullable(),
    })
    .nullable()
    .describe('where it stands in the buffer around the cut-off'),
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
        market_cap: usd,
        dollar_volume: usd,
        move_pct: z.number().nullable().describe('percent that its own figure is away from that'),
        session: session.nullable(),
        text: z.string(),
      }),
    )
    .describe('what would change it'),
  sentences: z.array(z.string()).describe('the same for people'),
});

export const why: Routes = (app, { pipeline, deadline }) => {
  app.get(
    '/api/universes/:key/why/:symbol',
    {
      schema: {
        tags: ['universes'],
        summary: 'Why a symbol is a member of a universe or is not, and what would change it',
        params: z.object({ key: z.string(), symbol: name }),
        querystring: z.strictObject({ session: session.describe('the newest published by default').optional() }),
        response: { 200: whyBody },
      },
    },
    async ({ params: { key, symbol }, query }) =>
      toBody(await deadline.within(() => pipeline.history.why(symbol, key, { session: toSession(query.session) }))),
  );
};

function toBody(answer: Why): z.output<typeof whyBody> {
  const {
    marketCapUsd,
    rawCapUsd,
    suspectSessions,
    capSource,
    priceSession,
    dollarVolumeUsd,
    figuresSession,
    ...same
  } = answer;
  return {
    ...same,
    policy: { ...same.policy },
    entered: toChange(same.entered),
    left: toChange(same.left),
    scope: same.scope && { ...same.scope, enter: toPlace(same.scope.enter), leave: toPlace(same.scope.leave) },
    market_cap: marketCapUsd,
    raw_market_cap: rawCapUsd,
    suspect_sessions: suspectSessions,
    cap_source: capSource,
    price_session: priceSession,
    dollar_volume: dollarVolumeUsd,
    figures_session: figuresSession,
    flags: [...same.flags],
    banding: same.banding && toBanding(same.banding),
    holds: same.holds.map(({ wholeSession, decidedBy, decidedAt, decisionReason, ...hold }) => ({
      ...hold,
      whole_session: wholeSession,
      decided_by: decidedBy,
      decided_at: decidedAt,
      decision_reason: decisionReason,
    })),
    flips: same.flips.map(({ capUsd, dollarVolumeUsd: volume, movePct, ...flip }) => ({
      ...flip,
      market_cap: capUsd,
      dollar_volume: volume,
      move_pct: movePct,
    })),
    sentences: [...same.sentences],
  };
}

function toChange(given: WhyChange | null): z.output<typeof change> {
  if (given === null) return null;
  const { runId, knownAt, detail, ...same } = given;
  return { ...same, run_id: runId, known_at: knownAt, detail: detail && { ...detail } };
}

function toPlace({
  marketCapUsd,
  dollarVolumeUsd,
  ...same
}: NonNullable<Why['scope']>['enter']): z.output<typeof place> {
  return { ...same, market_cap: marketCapUsd, dollar_volume: dollarVolumeUsd };
}

function toBanding({ state, inRank, outRank, outBelowUsd, outAboveUsd, staysUntil }: NonNullable<Why['banding']>) {
  return {
    state,
    in_rank: inRank,
    out_rank: outRank,
    out_below: outBelowUsd,
    out_above: outAboveUsd,
    stays_until: staysUntil,
  };
}
