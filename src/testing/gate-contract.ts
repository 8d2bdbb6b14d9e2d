import assert from 'node:assert/strict';
import type { Config } from '../config/schema/index.js';
import type { Gate, GateFacts } from '../../phases/cache-sync/holds/gate.js';
import { NO_MEASURES } from '../../phases/cache-sync/holds/session-measures.js';
import { NO_TURNOVER_HISTORY } from '../../phases/cache-sync/holds/turnover-ratio.js';
import type { Security } from '../../phases/cache-sync/valuation/market.js';
import type { Check } from './check.js';
import { randomMarkets, valueMarket } from './random-markets.js';

/** The contract of gates, on random markets of a first session. @param config of `loadConfig` */
export function gateChecks(gate: Gate, config: Config): readonly Check[] {
  const onAll = (name: string, hold: (facts: GateFacts) => void): Check => ({
    name: `the gate "${gate.id}" ${name}`,
    run: async () => {
      for (const securities of randomMarkets()) hold(await factsOf(securities, config));
    },
  });
  return [
    onAll('reports under its own name, in one sentence', (facts) => {
      for (const { gate: name, status, message } of gate.check(facts)) {
        assert.equal(name, gate.id);
        assert.ok(['pass', 'warn', 'hold'].includes(status), `status is ${status}`);
        assert.match(message, /\S/);
      }
    }),
    onAll('measures numbers or nothing', (facts) => {
      for (const { measured, threshold } of gate.check(facts))
        for (const figure of [measured, threshold]) assert.ok(figure === null || Number.isFinite(figure));
    }),
    onAll('judges the same facts alike', (facts) => assert.deepEqual(gate.check(facts), gate.check(facts))),
  ];
}

async function factsOf(securities: readonly Security[], config: Config): Promise<GateFacts> {
  const market = await valueMarket(securities);
  return {
    session: market.session,
    isEarlyClose: false,
    market,
    measures: NO_MEASURES,
    turnovers: [],
    replaced: [],
    history: NO_TURNOVER_HISTORY,
    pastFigures: { symbols: [], capsUsd: [], closes: [], suspects: new Map() },
    sectorMoves: [],
    tradedSince: null,
    config: config.gates,
  };
}
