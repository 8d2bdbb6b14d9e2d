import { inject, injectable } from 'tsyringe';
import type { TradingCalendar } from '../../src/core/calendar.js';
import { PipelineError } from '../../src/core/errors.js';
import type { Phase, PhaseContext, PhaseEvents, PhaseReport, TaskProgress } from '../../src/core/phase.js';
import type { Config } from '../../src/config/schema/index.js';
import type { SessionDate } from '../../src/core/session.js';
import { selectCompleted } from '../../src/db/completed.js';
import type { Database } from '../../src/db/database.js';
import { readShareChanges } from '../../src/securities/actions/share-factors.js';
import type { CloseWindow } from '../../src/securities/closes/close-window.js';
import { readCloses, splitSymbols } from '../../src/securities/closes/read-closes.js';
import { readTrustedDays } from '../../src/securities/closes/trusted-days.js';
import { readTickerSpans } from '../../src/securities/identity/ticker-spans.js';
import { TOKENS } from '../../src/tokens.js';
import { computeIndicators, describeDoubt } from './compute-indicators.js';
import { createIndicatorEvents } from './events.js';
import { WINDOW_SESSIONS } from './formula.js';
import { readDisabledTypes } from './disabled-formulas.js';
import type { Formula } from './formula.js';
import { FORMULAS, OTHER_FORMULAS } from './formulas/index.js';
import { LIST_ACTIVE } from './list-active.sql.js';
import { IndicatorTally } from './tally.js';
import { createStage, mergeIndicators, stageIndicators, type Indicator } from './write-indicators.js';

/** Symbols whose closes are in memory at a time: 42 MB, independent of the size of the market. */
const BATCH_SYMBOLS = 20_000;

/**
 * Phase 3: technical indicators of every active symbol, into `daily_indicators`.
 *
 *  1. Read the closes of the last `WINDOW_SESSIONS` sessions that are not held, up to and including the session, under whatever ticker the
 *     security had (`src/securities/closes/`), and adjust them for splits and changes of unit (`src/securities/actions/`).
 *  2. Apply every formula to every symbol (`formulas/`, `compute-indicators.ts`) and stage the values. A symbol with a close that is not a
 *     price, or for which a formula fails, fails alone: its rows are kept, and the report names it. A value that an unexplained move of the
 *     price would enter is null, with the reason beside it.
 *  3. Update the table to the staged values and complete the phase, in the same transaction (`write-indicators.ts`).
 *
 * The whole phase at 7,162 symbols × 249 bars, on two cores more than half used by other work: 0.85-1.15 s with PostgreSQL 15, 1.1-1.5 s
 * with 18; when nothing changed 0.65-0.9 s and 1.0-1.2 s. One connection does all the work: reading parts of the symbols in parallel costs
 * the server more than it saves (`src/securities/closes/read-closes.ts`).
 */
@injectable()
export class IndicatorsPhase implements Phase {
  readonly id = 'indicators';
  readonly ordinal = 3;
  readonly title = 'Indicators';
  readonly needs = ['import', 'cache-sync'];
  readonly events: PhaseEvents;
  protected readonly formulas: readonly Formula[];

  constructor(
    @inject(TOKENS.database) private readonly database: Database,
    @inject(TOKENS.config) private readonly config: Config,
    @inject(TOKENS.calendar) private readonly calendar: TradingCalendar,
    @inject(OTHER_FORMULAS) others: readonly Formula[] = [],
  ) {
    this.formulas = [...FORMULAS, ...others];
    this.events = createIndicatorEvents(this.formulas.length);
  }

  /** @throws EOD_SESSION_NOT_NEWEST: the table has the newest values only, and an older session would overwrite them */
  async assertRunnable(session: SessionDate): Promise<void> {
    const newest = await selectCompleted(this.database.db, this.id)
      .orderBy('session', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (newest === undefined || newest.day <= session) return;
    throw new PipelineError(
      'EOD_SESSION_NOT_NEWEST',
      `indicators are already computed for ${newest.day}; those of ${session} would replace newer values`,
      {
        hint: `compute ${newest.day} or a later session: \`tickstock run --session ${newest.day} --phase indicators\``,
      },
    );
  }

  async run(context: PhaseContext): Promise<PhaseReport> {
    const { session, signal } = context;
    return this.database.transaction(async ({ client }) => {
      const disabled = await readDisabledTypes(client);
      const formulas = this.formulas.filter(({ type }) => !disabled.has(type));
      const symbols = (await LIST_ACTIVE.first(client, { session }))?.symbols ?? [];
      const ranges = [...splitSymbols(symbols, BATCH_SYMBOLS)];
      const tasks = startTasks(context, symbols.length, ranges.length);
      const days = await readTrustedDays(client, this.calendar, session, WINDOW_SESSIONS);
      const tally = new IndicatorTally(formulas, days.held);
      const tickers = await readTickerSpans(client, session);
      const changes = await readShareChanges(client, { after: days.oldest, until: session }, tickers);
      const { reuseAfterSessions } = this.config.universes;
      const securities = { tickers, changes, reuseAfterSessions };
      await createStage(client);
      for (const range of ranges) {
        const window = await readCloses(client, days, range, securities, (date) => tasks.read.advance(1, date));
        signal.throwIfAborted();
        await stageIndicators(client, computeAll(window, session, formulas, tally, tasks.compute));
      }
      tasks.read.finish();
      tasks.compute.finish();
      const types = formulas.map((formula) => formula.type);
      const written = await mergeIndicators(client, types, {
        at: new Date(context.clock.now()).toISOString(),
        // Values are valid until the close that gives the next ones.
        expiresAt: new Date(this.calendar.closeAt(this.calendar.next(session))).toISOString(),
      });
      tasks.write.finish();
      const report = tally.toReport(written, session);
      await context.completeIn(client, report);
      return report;
    }, signal);
  }
}

/** All tasks are started before the first is worked on, so that the progress of the phase never decreases. */
function startTasks({ progress }: PhaseContext, symbols: number, ranges: number) {
  return {
    read: progress.startTask('read', 'Reading closes', Math.max(1, WINDOW_SESSIONS * ranges)),
    compute: progress.startTask('compute', 'Computing indicators', Math.max(1, symbols)),
    write: progress.startTask('write', 'Writing indicators', 1),
  };
}

const PROGRESS_SYMBOLS = 500;

function* computeAll(
  window: CloseWindow,
  session: SessionDate,
  formulas: readonly Formula[],
  tally: IndicatorTally,
  task: TaskProgress,
): Generator<Indicator> {
  let pending = 0;
  for (const series of window.series()) {
    const { symbol, priceSession } = series;
    const computation = computeIndicators(series, formulas);
    tally.add(symbol, computation);
    if (computation.kind === 'values') {
      for (const [type, value] of computation.values) {
        const reason = value === null && series.doubt !== null ? describeDoubt(series.doubt) : null;
        yield { symbol, type, value, reason, session, bars: series.closes.length, priceSession };
      }
    }
    pending += 1;
    if (pending < PROGRESS_SYMBOLS) continue;
    task.advance(pending, symbol);
    pending = 0;
  }
  task.advance(pending);
}
