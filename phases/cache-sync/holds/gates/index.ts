import type { Gate } from '../gate.js';
import { changedSectors } from './changed-sectors.js';
import { coverage } from './coverage.js';
import { foreignRows } from './foreign-rows.js';
import { previousClose } from './previous-close.js';
import { renames } from './renames.js';
import { rowCount } from './row-count.js';
import { scaledCaps } from './scaled-caps.js';
import { suspectCaps } from './suspect-caps.js';
import { turnover } from './turnover.js';
import { unchangedCloses } from './unchanged-closes.js';
import { unknownSector } from './unknown-sector.js';
import { volume } from './volume.js';

/** Every gate, one line each; the file is named after the id. Empty selections are held where memberships are compared. */
export const GATES: readonly Gate[] = [
  coverage,
  rowCount,
  unchangedCloses,
  previousClose,
  volume,
  unknownSector,
  changedSectors,
  suspectCaps,
  scaledCaps,
  renames,
  turnover,
  foreignRows,
];
