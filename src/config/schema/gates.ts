import { z } from 'zod';
import { percent } from './fields.js';

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
      madMultiple: z
        .number()
        .min(1)
        .max(1000)
        .default(25)
        .describe('median absolute deviations (MAD) above its own median that are too much'),
      minPct: percent.default(5).describe('percent up to which turnover is never too much, however calm its history'),
    })
    .prefault({}),
});
