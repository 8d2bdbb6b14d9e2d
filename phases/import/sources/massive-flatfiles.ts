import type { CsvSettings } from '../../../src/config/schema/csv.js';
import { CsvSource } from './csv.js';

/** Day aggregates of Massive as they are downloaded: the source `csv` with the preset `massive`. */
export class MassiveFlatfilesSource extends CsvSource {
  override readonly id: string = 'massive-flatfiles';
  override readonly title: string = 'Massive flat files';

  protected override get settings(): CsvSettings {
    return { ...super.settings, preset: 'massive' };
  }
}
