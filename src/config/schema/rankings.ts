import { z } from 'zod';
import { isOverSessions, MEASURES, OVER_SESSIONS } from '../../core/ranking-measures.js';
import { by, count, key, title, usd } from './fields.js';

/** Settings that mean something for a measure only: rankings by market cap are the largest of all eligible stocks. */
const MEASURED_ONLY = ['sessions', 'order', 'minPriceUsd', 'minMarketCapUsd', 'minDollarVolumeUsd'] as const;

export const rankingSchema = z
  .strictObject({
    key,
    title,
    size: count,
    by,
    measure: z
      .enum(MEASURES)
      .optional()
      .describe(
        'what orders the stocks; without it by market cap, as the shipped rankings. Needs a bar of the session',
      ),
    sessions: z
      .number()
      .int()
      .max(250)
      .optional()
      .describe('number of sessions of a return or a volatility; from the close that many sessions before'),
    order: z.enum(['highest', 'lowest']).optional().describe('which end of the measure is first; default: highest'),
    minPriceUsd: usd.optional().describe('USD; only stocks with a close of at least this'),
    minMarketCapUsd: usd.optional().describe('USD; only stocks with a market cap of at least this'),
    minDollarVolumeUsd: usd.optional().describe('USD; only stocks with at least this volume × close in the session'),
  })
  .superRefine((ranking, context) => {
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    const { measure, sessions } = ranking;
    if (measure === undefined) {
      for (const name of MEASURED_ONLY)
        if (ranking[name] !== undefined) refuse(name, `needs a measure: ${MEASURES.join(', ')}`);
      return;
    }
    if (ranking.by === 'company') refuse('by', 'a ranking with a measure counts every share class');
    if (!isOverSessions(measure)) {
      if (sessions !== undefined) refuse('sessions', `is for the measures ${Object.keys(OVER_SESSIONS).join(' and ')}`);
    } else if (sessions === undefined || sessions < OVER_SESSIONS[measure]) {
      refuse('sessions', `a ranking by ${measure} needs a number of sessions, at least ${OVER_SESSIONS[measure]}`);
    }
  });
