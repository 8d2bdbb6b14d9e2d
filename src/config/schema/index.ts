import { z } from 'zod';
import { calendarFileSchema } from './calendar.js';
import { databaseSchema } from './database.js';
import { gatesFileSchema } from './gates.js';
import { httpSchema } from './http.js';
import { importSchema } from './import.js';
import { notifySchema } from './notify.js';
import { redisSchema } from './redis.js';
import { retentionSchema } from './retention.js';
import { runSchema } from './run.js';
import { scheduleSchema } from './schedule.js';
import { sectorsFileSchema } from './sectors.js';
import { sicFileSchema } from './sic.js';
import { themesFileSchema } from './themes.js';
import { universesFileSchema } from './universes.js';

export { themesFileSchema, universesFileSchema };

/**
 * All settings: shape, defaults, bounds and description. The files under `config/` hold the values a user edits; a setting that is not in a
 * file, the environment or a flag has the default given here. Money in USD; counts are whole numbers.
 */
export const tickstockFileSchema = z.strictObject({
  database: databaseSchema,
  import: importSchema,
  run: runSchema,
  redis: redisSchema,
  http: httpSchema,
  schedule: scheduleSchema,
  notify: notifySchema,
  retention: retentionSchema,
});

/** Each file of `config/` contains the sections its schema names; see `files.ts`. */
export const configSchema = z.strictObject({
  ...tickstockFileSchema.shape,
  universes: universesFileSchema,
  themes: themesFileSchema.shape.themes,
  sectors: sectorsFileSchema.shape.sectors,
  sic: sicFileSchema.shape.sic,
  gates: gatesFileSchema.prefault({}),
  calendar: calendarFileSchema,
});

export type Config = z.output<typeof configSchema>;
/** The configuration as written: settings with a default may be absent. */
export type ConfigInput = z.input<typeof configSchema>;
export type UniversesConfig = Config['universes'];
export type ThemeConfig = Config['themes'][number];
export type ThemeRulesConfig = NonNullable<ThemeConfig['rules']>;
export type SectorConfig = Config['sectors'][number];
export type EtfCategoryConfig = UniversesConfig['etfCategories'][number];
export type BandingConfig = UniversesConfig['banding'][number];
export type GatesConfig = Config['gates'];
