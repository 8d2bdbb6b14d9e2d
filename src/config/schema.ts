import { z } from 'zod';

/**
 * What can be configured: shape, defaults, bounds and the text that explains each setting. The files under `config/` carry the
 * values a user edits; what is not in a file, the environment or a flag takes the default given here. Money in USD, counts are
 * whole numbers.
 */

const key = z.string().regex(/^[a-z0-9_]+$/, 'a key of a-z, 0-9 and _ only');
const title = z.string().trim().min(1);
const ticker = z.string().trim().min(1).max(20);
const word = z.string().trim().min(1);
const usd = z.number().nonnegative();
const count = z.number().int().positive().max(1_000_000);
const isoDate = z.iso.date();

/**
 * Refuses a list in which two entries agree in one of `fields`, or, without fields, two entries that are the same.
 * Runs even when another part of the list is wrong, so that one report names every problem.
 */
function unique<Entry extends z.ZodType>(list: z.ZodArray<Entry>, ...fields: readonly string[]): z.ZodArray<Entry> {
  return list.superRefine(
    (entries: unknown, context) => {
      if (!Array.isArray(entries)) return;
      for (const field of fields.length === 0 ? [null] : fields) {
        const seen = new Set<unknown>();
        entries.forEach((entry: unknown, index) => {
          const value = field === null ? entry : (entry as Record<string, unknown> | null)?.[field];
          if (value === undefined) return;
          if (seen.has(value)) {
            const path = field === null ? [index] : [index, field];
            context.addIssue({ code: 'custom', path, message: `is ${JSON.stringify(value)} a second time` });
          }
          seen.add(value);
        });
      }
    },
    { when: () => true },
  );
}

const tickers = z.array(ticker);

/** The pg client also takes an address without a host behind the user, which a URL may not be: `postgres://user@/db?host=/run`. */
function isReadableAddress(address: string): boolean {
  return URL.canParse(address) || URL.canParse(address.replace('@/', '@localhost/'));
}

const databaseSchema = z
  .strictObject({
    url: z
      .string()
      .regex(/^postgres(ql)?:\/\//, { error: 'a postgres:// or postgresql:// address', abort: true })
      .refine(isReadableAddress, {
        error:
          'is an address that cannot be read, not shown here as it may hold a password; allowed: ' +
          'postgres://user:password@host:port/database, with special characters of the password percent-encoded',
      })
      .optional()
      .meta({
        secret: true,
        description: 'address of the PostgreSQL to use; without one an embedded server is started',
      }),
    dataDir: z.string().min(1).default('.tickstock').describe('folder of the embedded server'),
    poolSize: z.number().int().min(4).max(100).default(6).describe('connections kept at most'),
    connectTimeoutMs: z
      .number()
      .int()
      .min(100)
      .max(600_000)
      .default(10_000)
      .describe('milliseconds to wait for a connection'),
    autoMigrate: z.boolean().default(true).describe('bring the tables up to date when a command starts'),
  })
  .prefault({});

const importSchema = z
  .strictObject({
    source: z
      .string()
      .min(1)
      .default('auto')
      .describe('id of the import source; auto: screener with a folder, sample on the embedded server, else existing'),
    dir: z.string().min(1).optional().describe('folder that holds the files of the import source'),
    exchanges: unique(z.array(key).min(1))
      .default(['nasdaq', 'nyse', 'amex'])
      .describe('exchanges a complete import must hold'),
    maxPriceUsd: usd.default(10_000_000).describe('USD; a close above this is refused as a misprint'),
    maxRejectedPct: z
      .number()
      .min(0)
      .max(100)
      .default(5)
      .describe('percent of rows that may be invalid; more, and nothing is imported'),
  })
  .prefault({});

const runSchema = z
  .strictObject({
    concurrency: z
      .number()
      .int()
      .min(1)
      .max(32)
      .default(4)
      .describe('bound of the limiter that a run hands its phases'),
    phaseTimeoutMinutes: z
      .number()
      .int()
      .min(1)
      .max(1440)
      .default(30)
      .describe('minutes a phase may take before it is stopped'),
  })
  .prefault({});

/** `redis://`, `rediss://` (TLS), or the path of a unix socket. */
const redisAddress = z
  .string()
  .regex(/^(rediss?:\/\/|\/)/, {
    error: 'a redis:// or rediss:// address, or the path of a unix socket',
    abort: true,
  })
  .refine((address) => address.startsWith('/') || URL.canParse(address), {
    error:
      'is an address that cannot be read, not shown here as it may hold a password; allowed: ' +
      'redis://user:password@host:port/database, with special characters of the password percent-encoded',
  });

const redisSchema = z
  .strictObject({
    url: redisAddress.optional().meta({
      secret: true,
      description: 'address of the Redis that events go to; without one they wait in the database',
    }),
    commandTimeoutMs: z
      .number()
      .int()
      .min(100)
      .max(60_000)
      .default(5000)
      .describe('milliseconds Redis has to answer, before the events are kept for later'),
    streamMaxLength: z
      .number()
      .int()
      .min(100)
      .max(10_000_000)
      .default(100_000)
      .describe('events the stream keeps, about'),
    keepDays: z
      .number()
      .int()
      .min(1)
      .max(3650)
      .default(30)
      .describe('days the database keeps events that were delivered, or all of them where there is no Redis'),
  })
  .prefault({});

/** Any length: callers may have one already. The service warns of short ones. */
const apiKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'a key of 1 to 200 printable ASCII characters, no spaces')
  .meta({ secret: true });

const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, {
  error: 'an origin such as https://app.example.com, without a path',
});

const httpSchema = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('address to listen on; other than loopback only with an API key'),
    port: z.number().int().min(0).max(65_535).default(8080).describe('port to listen on; 0 takes a free one'),
    apiKeys: z.array(apiKey).max(20).default([]).meta({
      secret: true,
      description: 'keys that callers send as X-API-Key; several while one replaces another',
    }),
    apiKeyFile: z.string().min(1).optional().describe('file with one more API key a line'),
    trustLoopback: z
      .boolean()
      .default(false)
      .describe('let callers on this machine in without a key, if their Host is local and no foreign page sent them'),
    corsOrigins: unique(z.array(origin)).default([]).describe('web pages of these origins may call'),
    bodyLimitBytes: z
      .number()
      .int()
      .min(1024)
      .max(10_000_000)
      .default(65_536)
      .describe('bytes a request body may have'),
    rateLimitPerMinute: z
      .number()
      .int()
      .min(0)
      .max(10_000_000)
      .default(6000)
      .describe('requests a minute for each key; 0 for no limit'),
    onStop: z
      .enum(['finish', 'cancel'])
      .default('finish')
      .describe('what becomes of a run when the service is told to stop'),
    stopTimeoutMs: z
      .number()
      .int()
      .min(0)
      .max(3_600_000)
      .default(60_000)
      .describe('milliseconds a run has to finish then, before it is cancelled'),
  })
  .prefault({});

const scheduleSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('start a run every evening by itself, until the schedule is set over HTTP'),
    triggerTime: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day, HH:MM')
      .default('16:10')
      .describe('when, in New York'),
    marketCheck: z.boolean().default(true).describe('only on days that the market is open'),
  })
  .prefault({});

export const tickstockFileSchema = z.strictObject({
  database: databaseSchema,
  import: importSchema,
  run: runSchema,
  redis: redisSchema,
  http: httpSchema,
  schedule: scheduleSchema,
});

const bandSchema = z.strictObject({
  key,
  title,
  minUsd: usd.describe('USD; belongs to the band, and the next higher band begins where this one ends'),
});

/** `etf_all` and the `_detailed` lists are published by the code beside the configured categories. */
const etfCategoryKey = key.refine((text) => text !== 'etf_all' && !text.endsWith('_detailed'), {
  error: 'is made by the code; choose another key',
});

const etfCategorySchema = z.strictObject({
  key: etfCategoryKey,
  title,
  types: unique(z.array(word)).default([]).describe('takes in an ETF whose etf_type is one of these, any case'),
  nameWords: unique(z.array(word))
    .default([])
    .describe('takes in an ETF whose name holds one of these, any case, whole words'),
  excludeWords: unique(z.array(word))
    .default([])
    .describe('keeps out an ETF whose name holds one of these, unless it is among symbols'),
  symbols: unique(tickers).default([]).describe('takes in these, whatever their type and name'),
  minAumMillions: usd
    .default(0)
    .describe('USD millions; keeps out an ETF known to have less, unless it is among symbols'),
  minDollarVolumeUsd: usd
    .default(0)
    .describe('USD traded in the session; keeps out an ETF with less, unless it is among symbols'),
});

/** Published by the code beside the groups. */
const ipoKey = key.refine((text) => text !== 'recent_ipos', { error: 'is made by the code; choose another key' });

const ipoGroupSchema = z.strictObject({
  sectors: unique(z.array(word).min(1)).describe('words one of which the sector holds, any case'),
  keys: unique(z.array(ipoKey).min(1)).describe('universes a recent IPO of such a sector goes to'),
});

const recentIposSchema = z.strictObject({
  days: count.describe('calendar days after its listing that a stock counts as recent'),
  groups: z.array(ipoGroupSchema).default([]).describe('where recent IPOs go besides recent_ipos; the first that fits'),
  fallback: z
    .strictObject({
      minUsd: usd.describe('USD; a stock of no group with a larger market cap goes to `above`'),
      above: ipoKey,
      below: ipoKey,
    })
    .optional()
    .describe('where a recent IPO goes whose sector is in no group'),
});

const ratio = z.number().positive().max(10);

const bandingSchema = z.strictObject({
  universe: key.describe('key of a ranking or a band'),
  publish: z
    .enum(['banded', 'both'])
    .default('banded')
    .describe('banded: in place of the strict one; both: beside it, under the key with _banded'),
  inRatio: ratio.max(1).default(0.9).describe('of a ranking of N: who ranks within inRatio × N comes in'),
  outRatio: ratio.min(1).default(1.11).describe('of a ranking of N: who ranks at outRatio × N or worse goes out'),
  capPct: z
    .number()
    .min(0)
    .max(50)
    .default(5)
    .describe('of a band: percent a market cap must be beyond the limit before a member leaves'),
  minStaySessions: z.number().int().min(0).max(260).default(0).describe('sessions a member stays at least'),
});

export const universesFileSchema = z.strictObject({
  bands: unique(z.array(bandSchema).min(1), 'key', 'minUsd').describe('market-cap classes, half open'),
  rankings: unique(z.array(z.strictObject({ key, title, size: count })).min(1), 'key').describe(
    'the first N by market cap',
  ),
  sectorLeaders: z.strictObject({ size: count.describe('stocks in each sector list') }),
  industryGroups: z.strictObject({
    groups: count.describe('industries that get a list: those with most stocks'),
    minStocks: count.describe('an industry with fewer stocks gets none'),
    size: count.describe('stocks in each industry list'),
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
    .describe('percent a market cap must move before symbols.market_cap is rewritten'),
  stalePriceSessions: z
    .number()
    .int()
    .min(0)
    .max(20)
    .describe('sessions a last close may be old and still value a stock'),
  suspectCaps: z
    .strictObject({
      factor: z
        .number()
        .min(1.05)
        .default(1.5)
        .describe('a cap is suspect when it moves by this factor more than its price'),
      acceptAfterSessions: z
        .number()
        .int()
        .min(1)
        .max(60)
        .default(5)
        .describe('sessions after which a new level is believed'),
    })
    .prefault({}),
  delistAfterSessions: z
    .number()
    .int()
    .min(2)
    .max(60)
    .default(5)
    .describe('complete sessions in a row without a bar after which a symbol counts as delisted'),
  reuseAfterSessions: z
    .number()
    .int()
    .min(5)
    .max(2000)
    .default(60)
    .describe('sessions after a delisting from which on the same symbol is somebody else'),
  banding: unique(z.array(bandingSchema), 'universe').default([]).describe('buffers around cut-offs, by universe'),
});

const percent = z.number().min(0).max(100);

/** Thresholds of the gates; `gates/` in cache sync has one file each. */
export const gatesFileSchema = z.strictObject({
  minSymbols: z
    .number()
    .int()
    .min(0)
    .default(500)
    .describe('bars, in the session or in the one before, below which shares of them say nothing'),
  coverage: z
    .strictObject({
      minPct: percent.default(95).describe('percent of active symbols that must have a price'),
      minCapPct: percent.default(99).describe("percent of the previous session's market cap that must have a price"),
    })
    .prefault({}),
  rowCount: z
    .strictObject({
      maxFallPct: percent.default(5).describe('percent fewer bars than the previous session had'),
      maxExchangeFallPct: percent.default(10).describe('the same of one exchange'),
    })
    .prefault({}),
  unchangedCloses: z
    .strictObject({
      warnPct: percent.default(25).describe("percent of closes equal to the previous session's"),
      maxPct: percent.default(50).describe('the same; more means a repeated session'),
    })
    .prefault({}),
  previousClose: z
    .strictObject({
      warnPct: percent
        .default(90)
        .describe('percent of previous closes, as the source has them, that agree with the stored ones'),
      minPct: percent.default(50).describe('the same; fewer means a misdated session'),
    })
    .prefault({}),
  volume: z
    .strictObject({
      minPct: percent
        .default(65)
        .describe('percent of the usual median volume; less means a snapshot before the close'),
      sessions: z.number().int().min(5).max(250).default(20).describe('sessions that say what is usual'),
    })
    .prefault({}),
  unknownSector: z
    .strictObject({ maxPct: percent.default(35).describe('percent of eligible stocks without a sector') })
    .prefault({}),
  suspectCaps: z
    .strictObject({ maxPct: percent.default(10).describe('percent of eligible stocks with a suspect market cap') })
    .prefault({}),
  turnover: z
    .strictObject({
      minMembers: z.number().int().min(1).default(50).describe('members below which a universe is not judged'),
      maxPct: percent.default(30).describe('percent of members that may come, and that may go, in one session'),
      sessions: z
        .number()
        .int()
        .min(5)
        .max(250)
        .default(60)
        .describe('sessions of its own history that say what is usual'),
      minHistory: z
        .number()
        .int()
        .min(3)
        .max(250)
        .default(20)
        .describe('sessions of history before it is judged by them'),
      spreads: z.number().min(1).max(1000).default(25).describe('spreads above the own median that are too much'),
      minPct: percent.default(5).describe('percent up to which turnover is never too much, however calm its history'),
    })
    .prefault({}),
});

const words = unique(z.array(word).min(1));

/** All that is given must hold; of a list one entry. */
const themeConditionSchema = z
  .strictObject({
    sector: words.optional().describe('the sector is one of these, any case'),
    industry: words.optional().describe('the industry is one of these, any case'),
    sic: unique(z.array(z.string().regex(/^\d{1,4}$/, 'one to four digits')))
      .optional()
      .describe('the SIC code begins with one of these'),
    nameWords: words.optional().describe('the name holds one of these, whole words, any case'),
    exchange: words.optional().describe('the exchange is one of these'),
    minCapUsd: usd.optional().describe('USD; the market cap is at least this'),
  })
  .refine((condition) => Object.values(condition).some((value) => value !== undefined), {
    error: 'has no condition; allowed are sector, industry, sic, nameWords, exchange, minCapUsd',
  });

const themeRulesSchema = z
  .strictObject({
    all: z.array(themeConditionSchema).default([]).describe('every one of these must hold'),
    any: z.array(themeConditionSchema).default([]).describe('at least one of these must hold'),
    not: z.array(themeConditionSchema).default([]).describe('none of these may hold'),
  })
  .refine(({ all, any }) => all.length + any.length > 0, { error: 'takes in the whole market: give all or any' });

const themeSchema = z
  .strictObject({
    key,
    title,
    description: z.string().optional(),
    symbols: unique(tickers.max(500)).default([]).describe('curated members'),
    rules: themeRulesSchema.optional().describe('takes in who meets them, besides the curated'),
    maxSize: count.optional().describe('the largest so many by market cap; pinned ones always stay'),
    pins: unique(tickers.max(500)).default([]).describe('members whatever the rules and the size say'),
    exclusions: unique(tickers.max(500)).default([]).describe('never members'),
    minStaySessions: z.number().int().min(0).max(260).default(5).describe('sessions a member by rule stays at least'),
  })
  .superRefine((theme, context) => {
    if (theme.symbols.length + theme.pins.length === 0 && theme.rules === undefined) {
      context.addIssue({ code: 'custom', message: 'has neither symbols nor pins nor rules' });
    }
    const excluded = theme.pins.filter((symbol) => theme.exclusions.includes(symbol));
    if (excluded.length > 0) {
      context.addIssue({ code: 'custom', path: ['pins'], message: `has ${excluded.join(', ')} among exclusions too` });
    }
    if (theme.maxSize !== undefined && theme.pins.length > theme.maxSize) {
      const message = `has ${theme.pins.length} symbols, more than maxSize ${theme.maxSize}`;
      context.addIssue({ code: 'custom', path: ['pins'], message });
    }
  });

export const themesFileSchema = z.strictObject({
  themes: unique(z.array(themeSchema).min(1), 'key', 'title'),
});

const overrideSchema = z.strictObject({
  date: isoDate,
  kind: z.enum(['closed', 'early-close', 'open']),
  reason: title,
});

export const calendarFileSchema = z.strictObject({
  overrides: z.array(overrideSchema).default([]),
});

/** Each file of `config/` fills the sections its schema names; `files.ts` says which. */
export const configSchema = z.strictObject({
  ...tickstockFileSchema.shape,
  universes: universesFileSchema,
  themes: themesFileSchema.shape.themes,
  gates: gatesFileSchema.prefault({}),
  calendar: calendarFileSchema,
});

export type Config = z.output<typeof configSchema>;
/** As it is written: what has a default may be absent. */
export type ConfigInput = z.input<typeof configSchema>;
export type UniversesConfig = Config['universes'];
export type ThemeConfig = Config['themes'][number];
export type ThemeRulesConfig = NonNullable<ThemeConfig['rules']>;
export type EtfCategoryConfig = UniversesConfig['etfCategories'][number];
export type BandingConfig = UniversesConfig['banding'][number];
export type GatesConfig = Config['gates'];
