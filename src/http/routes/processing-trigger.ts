import { z } from 'zod';
import type { TimeLimit } from '../answers/deadline.js';
import { flag, name, names, nameOrNames, runId } from '../bodies/fields.js';
import type { Routes } from '../route.js';
import { describeStart, toPhaseIds, triggerRun, type Narrowing } from '../trigger.js';

const startedBody = z.object({
  run_id: z.uuid(),
  status: z.literal('started'),
  message: z.string(),
  session: z.iso.date(),
  phases: z.array(z.string()),
});

const lookbackDays = z.int().min(1).max(36_500).nullish().describe('accepted; an import covers one session');
const symbols = names.nullish().describe('accepted; a run covers the whole market');

const manualRequest = z
  .strictObject({
    skip_market_check: flag.optional().describe('accepted; a run is always for the newest closed session'),
    phases: z.array(name).max(20).prefault(['all']).describe('`all`, or ids or job names of phases'),
    universe: nameOrNames.describe('accepted; a run covers the whole market'),
    universes: nameOrNames.describe('the same'),
  })
  .prefault({});
const importRequest = z
  .strictObject({
    universes: nameOrNames.describe('accepted; an import covers the whole market'),
    timeframes: nameOrNames.describe('accepted; bars are daily'),
    lookback_days: lookbackDays,
  })
  .prefault({});
const retryRequest = z.strictObject({ original_run_id: runId, symbols });
const indicatorsRequest = z
  .strictObject({
    timeframe: name.nullish().describe('accepted; indicators are of daily bars'),
    symbols,
    indicators: names.nullish().describe('accepted; every indicator is computed'),
  })
  .prefault({});

/** Runs started by a caller: always of the whole market, for the newest closed session. */
export const processingTrigger: Routes = (app, context) => {
  const { pipeline, deadline } = context;

  const start = async (
    request: Parameters<typeof triggerRun>[1],
    what: string,
    phases: readonly string[],
    narrowing: Narrowing,
    limit: TimeLimit = deadline,
  ) => {
    const started = await triggerRun({ ...context, deadline: limit }, request, { phases });
    return {
      run_id: started.runId,
      status: 'started' as const,
      message: describeStart(what, started, narrowing),
      session: started.session,
      phases: [...started.phases],
    };
  };

  app.post(
    '/api/processing/trigger-manual',
    {
      config: { right: 'operate' },
      schema: {
        operationId: 'startRun',
        tags: ['processing'],
        summary: 'Run all phases, or some by name',
        body: manualRequest,
        response: { 200: startedBody },
      },
    },
    (request) => {
      const { phases, universe, universes } = request.body;
      const asked = [universe ?? [], universes ?? []].flat();
      return start(request, 'run', toPhaseIds(pipeline, phases), { universes: asked });
    },
  );

  app.post(
    '/api/processing/trigger-import',
    {
      config: { right: 'operate' },
      schema: {
        operationId: 'startImport',
        tags: ['processing'],
        summary: 'Import the newest session',
        body: importRequest,
        response: { 200: startedBody },
      },
    },
    (request) => {
      const { universes, timeframes, lookback_days } = request.body;
      return start(request, 'import', ['import'], { universes, timeframes, lookbackDays: lookback_days });
    },
  );

  app.post(
    '/api/processing/retry-imports',
    {
      config: { right: 'operate' },
      schema: {
        operationId: 'retryImport',
        tags: ['processing'],
        summary: 'Repeat the import of a failed run',
        body: retryRequest,
        response: { 200: startedBody },
      },
    },
    async (request) => {
      const limit = deadline.shared();
      const original = await limit.within(() => pipeline.history.run(request.body.original_run_id));
      const answer = await start(request, 'import', ['import'], { symbols: request.body.symbols }, limit);
      if (original.session === answer.session) return answer;
      const note = `run ${original.runId} was for ${original.session}, which is no longer the newest closed session`;
      return { ...answer, message: `${answer.message}; ${note}` };
    },
  );

  app.post(
    '/api/processing/trigger-indicators',
    {
      config: { right: 'operate' },
      schema: {
        operationId: 'startIndicators',
        tags: ['processing'],
        summary: 'Compute the indicators',
        body: indicatorsRequest,
        response: { 200: startedBody },
      },
    },
    (request) => {
      const { timeframe, ...narrowing } = request.body;
      return start(request, 'indicators', ['indicators'], { timeframes: timeframe, ...narrowing });
    },
  );
};
