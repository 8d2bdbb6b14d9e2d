import { PARQUET } from '../csv/read-parquet.js';
import { CsvSource } from './csv.js';

/** Bars in Parquet files: in everything else as the source `csv`, which reads them too, between files of text. */
export class ParquetSource extends CsvSource {
  override readonly id: string = 'parquet';
  override readonly title: string = 'Parquet files';
  protected override readonly endings = { pattern: PARQUET, words: '.parquet' };
}
