import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Real data and the reference statement, kept beside the checkout because of their size. */
export interface SharedData {
  /** Folder with one folder of screener files per session. */
  readonly screener: string;
  /** A year of bars, gzipped CSV. */
  readonly bars: string;
  /** The statement that rebuilds the plain universes. */
  readonly floor: string;
}

/** The folder `shared` beside the checkout, or the one of TICKSTOCK_SHARED; undefined, with a message, when there is none. */
export function findSharedData(): SharedData | undefined {
  const root = resolve(process.env['TICKSTOCK_SHARED'] ?? join(import.meta.dirname, '../../../shared'));
  const data = {
    screener: join(root, 'data/us-screener'),
    bars: join(root, 'data/us-bars-2025-07_2026-06.csv.gz'),
    floor: join(root, 'bench/floor.sql'),
  };
  const missing = Object.values(data).find((path) => !existsSync(path));
  if (missing === undefined) return data;
  console.log(`skipped: there is no ${missing} (set TICKSTOCK_SHARED to the folder with the data)`);
  return undefined;
}
