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
  recentIpos: z.strictObject({ days: count.describe('calendar days after its listing that a stock counts as recent') }),
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
});

const themeSchema = z.strictObject({
  key,
  title,
  description: z.string().optional(),
  symbols: unique(tickers.min(1).max(500)),
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
  calendar: calendarFileSchema,
});

export type Config = z.output<typeof configSchema>;
export type UniversesConfig = Config['universes'];
export type ThemeConfig = Config['themes'][number];
export type EtfCategoryConfig = UniversesConfig['etfCategories'][number];
