import { rsi } from '../../../phases/indicators/formulas/rsi.js';
import { sma } from '../../../phases/indicators/formulas/sma.js';
import { IndicatorsPhase } from '../../../phases/indicators/phase.js';

/** The phase with indicators of known values, whichever others are registered. */
export class FourIndicators extends IndicatorsPhase {
  protected override readonly formulas = [sma(20), sma(50), sma(200), rsi(14)];
}
