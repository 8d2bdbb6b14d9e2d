import type { MarketSource, SourceParts } from '../source.js';
import { CsvSource } from './csv.js';
import { ExistingSource } from './existing.js';
import { MassiveFlatfilesSource } from './massive-flatfiles.js';
import { MassiveSource } from './massive.js';
import { ParquetSource } from './parquet.js';
import { SampleSource } from './sample.js';
import { ScreenerSource } from './screener.js';

/** Every source, one line each; the file is named after the id. */
export const SOURCES: readonly (new (parts: SourceParts) => MarketSource)[] = [
  CsvSource,
  ExistingSource,
  MassiveFlatfilesSource,
  MassiveSource,
  ParquetSource,
  SampleSource,
  ScreenerSource,
];
