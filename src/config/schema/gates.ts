import { z } from 'zod';
import { percent } from './fields.js';

/** Thresholds of the gates; `gates/` in cache sync has one file each. */
export const gatesFileSchema = z.strictObject({
  minSymbols: z
    .number()
    .int()
    .min(0)
    .default(500)
    .describe('minimum number of bars, in the session or the previous one, for percentages to be judged'),
  coverage: z
    .strictObject({
      minPct: percent.default(95).describe('minimum percentage of active symbols with a price'),
      minCapPct: percent.default(99).describe("minimum percentage of the previous session's market cap with a price"),
    })
    .prefault({}),
  rowCount: z
    .strictObject({
      maxFallPct: percent
        .default(5)
        .describe('maximum decrease of the number of bars since the previous session, in percent'),
      maxExchangeFallPct: percent.default(10).describe('the same for one exchange'),
    })
    .prefault({}),
  unchangedCloses: z
    .strictObject({
      warnPct: percent
        .default(25)
        .describe("maximum percentage of closes equal to the previous session's; more is a warning"),
      maxPct: percent.default(50).describe('the same for a hold; more means a repeated session'),
    })
    .prefault({}),
  previousClose: z
    .strictObject({
      warnPct: percent
        .default(90)
        .describe(
          "minimum percentage of the source's previous closes that agree with the stored ones; less is a warning",
        ),
      minPct: percent.default(50).describe('the same for a hold; less means a misdated session'),
      whenLate: z
        .enum(['hold', 'warn'])
        .default('hold')
        .describe('whether the sessions of a feed that stays a day late are held or published with a warning'),
    })
    .prefault({}),
  volume: z
    .strictObject({
      minPct: percent
        .default(65)
        .describe('minimum percentage of the usual median volume; less means a snapshot before the close'),
      minExchangePct: percent
        .default(60)
        .describe(
          'minimum percentage of the usual volume of one exchange, by that of the largest other one; less means that it was taken early',
        ),
      sessions: z
        .number()
        .int()
        .min(5)
        .max(250)
        .default(20)
        .describe('number of earlier sessions that define the usual volume'),
    })
    .prefault({}),
  unknownSector: z
    .strictObject({ maxPct: percent.default(35).describe('maximum percentage of eligible stocks without a sector') })
    .prefault({}),
  changedSectors: z
    .strictObject({
      maxPct: percent.default(10).describe('maximum percentage of stocks that went to another sector'),
      maxSectorPct: percent.default(50).describe('the same of the stocks of one sector'),
    })
    .prefault({}),
  suspectCaps: z
    .strictObject({
      maxPct: percent.default(10).describe('maximum percentage of eligible stocks with a suspect market cap'),
    })
    .prefault({}),
  scaledCaps: z
    .strictObject({
      maxCount: z
        .number()
        .int()
        .min(0)
        .default(40)
        .describe('maximum number of stocks whose market caps moved by one factor that their prices do not explain'),
    })
    .prefault({}),
  renames: z
    .strictObject({
      maxCount: z
        .number()
        .int()
        .min(0)
        .default(25)
        .describe(
          'maximum number of securities that change their ticker in one session; more is a feed with another notation',
        ),
    })
    .prefault({}),
  foreignRows: z
    .strictObject({
      minMembers: z
        .number()
        .int()
        .min(1)
        .default(5)
        .describe('minimum number of members of a row of another program for it to be judged'),
      maxRemovedPct: percent
        .default(50)
        .describe('maximum percentage of its members that such a row may lose when it is replaced; 100 for any'),
    })
    .prefault({}),
  turnover: z
    .strictObject({
      minMembers: z.number().int().min(1).default(50).describe('minimum number of members for a universe to be judged'),
      minChanges: z
        .number()
        .int()
        .min(1)
        .default(5)
        .describe('number of members that must join, or leave, for a universe to be held'),
      maxHeldSessions: z
        .number()
        .int()
        .min(1)
        .default(5)
        .describe(
          'number of sessions after which a universe is published although it exchanges as much, without changes that are in doubt',
        ),
      maxPct: percent
        .default(30)
        .describe('maximum percentage of members that may join, and that may leave, in one session'),
      sessions: z
        .number()
        .int()
        .min(5)
        .max(250)
        .default(60)
        .describe('number of earlier sessions that define the usual turnover of a universe'),
      minHistory: z
        .number()
        .int()
        .min(3)
        .max(250)
        .default(20)
        .describe('minimum number of those sessions for a universe to be judged by them'),
      madMultiple: z
        .number()
        .min(1)
        .max(1000)
        .default(25)
        .describe('maximum turnover, in median absolute deviations (MAD) above its own median'),
      minPct: percent.default(5).describe('turnover up to this percentage always passes'),
    })
    .prefault({}),
});
