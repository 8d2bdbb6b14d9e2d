import type { InjectionToken } from 'tsyringe';
import type { Formula } from '../formula.js';
import { rsi } from './rsi.js';
import { sma } from './sma.js';

/** Every computed indicator, one line each; a formula's file is named after the part of its type before the period. */
export const FORMULAS: readonly Formula[] = [sma(20), sma(50), sma(200), rsi(14)];

/** Indicators of the host, for the container. */
export const OTHER_FORMULAS = Symbol('OtherFormulas') as InjectionToken<readonly Formula[]>;
