import type { Pool } from 'pg';
import type { Phase, PhaseContext, PhaseReport } from 'tickstock-daily';

/** A host's phase 4: reads the RSI of the session and writes `daily_patterns`. A second run writes the same. */
export class PatternDetection implements Phase {
  readonly id = 'pattern-detection';
  readonly ordinal = 4;
  readonly title = 'Pattern detection';
  readonly needs = ['indicators'];

  constructor(private readonly pool: Pool) {}

  async run(context: PhaseContext): Promise<PhaseReport> {
    const { session, signal, progress } = context;
    const task = progress.startTask('detect', 'Detecting patterns', 1);
    const client = await this.pool.connect();
    let failure: Error | undefined;
    const onError = (error: Error): void => void (failure = error); // a lost connection; its statement fails as well
    client.on('error', onError);
    try {
      await client.query('begin');
      await client.query('create table if not exists daily_patterns (symbol text, session date, pattern text)');
      await client.query('delete from daily_patterns where session = $1', [session]);
      const { rowCount } = await client.query(
        `insert into daily_patterns
         select symbol, $1::date, case when rsi > 70 then 'overbought' else 'oversold' end
         from daily_indicators, cast(value_data ->> 'value' as numeric) as rsi
         where indicator_type = 'rsi_14' and (metadata ->> 'session')::date = $1 and (rsi > 70 or rsi < 30)`,
        [session],
      );
      task.finish();
      const patterns = rowCount ?? 0;
      const report = {
        summary: `${patterns} patterns`,
        changed: true,
        counters: { patterns },
        warnings: [],
        details: {},
      };
      signal.throwIfAborted();
      await context.completeIn(client, report); // completes the phase in the transaction of its data
      await client.query('commit');
      return report;
    } catch (error) {
      failure = error as Error;
      throw error;
    } finally {
      client.off('error', onError);
      client.release(failure); // a connection that is dropped rolls back
    }
  }
}
