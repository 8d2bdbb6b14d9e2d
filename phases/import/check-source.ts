import type { Config } from '../../src/config/schema/index.js';
import { TradingCalendar } from '../../src/core/calendar.js';
import { PipelineError } from '../../src/core/errors.js';
import type { SessionDate } from '../../src/core/session.js';
import type { Database } from '../../src/db/database.js';
import { selectSource, type SourceClass } from './select-source.js';
import type { SourceCheck } from './source-check.js';

/**
 * Reads one session of a source of files and says how: nothing is written, and no database is opened.
 *
 * @param sources of the host
 * @param session by default the newest that the files have
 * @throws EOD_SOURCE_UNKNOWN, EOD_SOURCE_MISSING, EOD_SOURCE_INVALID, EOD_SOURCE_MISMATCH
 */
export async function checkSource(
  config: Config,
  {
    session,
    signal,
    sources,
  }: {
    readonly session?: SessionDate | undefined;
    readonly signal: AbortSignal;
    readonly sources?: readonly SourceClass[] | undefined;
  },
): Promise<SourceCheck> {
  const calendar = new TradingCalendar(config.calendar.overrides);
  const source = selectSource(
    config.import.source,
    {
      config,
      calendar,
      get database(): Database {
        throw new Error(`the check of the source "${config.import.source}" asked for a database`);
      },
    },
    sources,
  );
  try {
    if (source.check !== undefined) return await source.check({ session, signal });
    throw new PipelineError('EOD_SOURCE_UNKNOWN', `the source "${source.id}" has no files that can be checked`, {
      hint: 'check those of --source csv; `tickstock run` checks the others as it reads them, and writes nothing of a session that it refuses',
    });
  } finally {
    await source.close?.();
  }
}
