import { z } from 'zod';
import { bandingSchema } from './banding.js';
import { etfCategorySchema } from './etf-categories.js';
import { by, count, key, tickers, title, unique, usd } from './fields.js';
import { rankingSchema } from './rankings.js';
import { recentIposSchema } from './recent-ipos.js';

const bandSchema = z.strictObject({
  key,
  title,
  minUsd: usd.describe('USD; included in the band, which ends where the next higher band begins'),
  by,
});

export const universesFileSchema = z.strictObject({
  bands: unique(z.array(bandSchema).min(1), 'key', 'minUsd').describe('market-cap classes, half open'),
  rankings: unique(z.array(rankingSchema).min(1), 'key').describe('the first N by market cap or another measure'),
  sectorLeaders: z.strictObject({ size: count.describe('stocks in each sector list'), by }),
  industryGroups: z.strictObject({
    groups: count.describe('number of industries with a list: those with the most stocks'),
    minStocks: count.describe('minimum number of stocks for an industry to have a list'),
    size: count.describe('stocks in each industry list'),
    by,
  }),
  recentIpos: recentIposSchema,
  complete: z.strictObject({
    stocks: count.describe('stocks with full details'),
    etfs: count.describe('ETFs with full details'),
  }),
  combination: z.strictObject({
    stocks: count.describe('largest stocks in the mixed list'),
    etfs: unique(tickers.min(1)).describe('core ETFs in the mixed list'),
  }),
  etfCategories: unique(z.array(etfCategorySchema).min(1), 'key', 'title'),
  marketCapRewritePct: z
    .number()
    .min(0)
    .max(100)
    .describe('minimum change of a market cap in percent for symbols.market_cap to be rewritten'),
  stalePriceSessions: z
    .number()
    .int()
    .min(0)
    .max(20)
    .describe('maximum age in sessions of a close used to value a stock'),
  suspectCaps: z
    .strictObject({
      factor: z
        .number()
        .min(1.05)
        .default(1.5)
        .describe('a market cap is suspect when it moves by this factor more than its price'),
      acceptAfterSessions: z
        .number()
        .int()
        .min(1)
        .max(60)
        .default(5)
        .describe('number of sessions after which a new level is accepted'),
      largeCapUsd: z
        .number()
        .min(0)
        .default(10e9)
        .describe('market cap in USD from which a level that rises is accepted later'),
      acceptLargeAfterSessions: z
        .number()
        .int()
        .min(1)
        .max(250)
        .default(30)
        .describe('number of sessions after which such a level is accepted, and one that lags behind a split'),
      memorySessions: z
        .number()
        .int()
        .min(1)
        .max(250)
        .default(60)
        .describe('number of sessions in which a share count that was believed before is believed again at once'),
      withdrawnSessions: z
        .number()
        .int()
        .min(0)
        .max(250)
        .default(20)
        .describe('number of sessions in which a market cap that the source has withdrawn moves with the price'),
    })
    .prefault({}),
  delistAfterSessions: z
    .number()
    .int()
    .min(2)
    .max(60)
    .default(5)
    .describe('number of complete sessions in a row without a bar after which a symbol counts as delisted'),
  delistQuietAfterSessions: z
    .number()
    .int()
    .min(2)
    .max(250)
    .default(20)
    .describe('the same for a symbol that traded as usual on its last day'),
  reuseAfterSessions: z
    .number()
    .int()
    .min(5)
    .max(2000)
    .default(60)
    .describe('number of sessions after a delisting from which the same symbol counts as another company'),
  namesInKeys: z
    .boolean()
    .default(false)
    .describe(
      'whether rows of cache_entries with the same type and key get keys with their names, for a table that is unique on type, key and environment',
    ),
  banding: unique(z.array(bandingSchema), 'universe').default([]).describe('buffers around cut-offs, by universe'),
});
