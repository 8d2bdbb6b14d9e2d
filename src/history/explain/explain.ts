import { sql } from 'kysely';
import type { TradingCalendar } from '../../core/calendar.js';
import { toCamelCase, type SnakeCased } from '../../core/snake-case.js';
import type { Database } from '../../db/database.js';
import { findUniverse } from '../find-universe.js';
import type { Moment } from '../point-in-time.js';
import { unknownSymbol } from '../../securities/unknown-symbol.js';
import { toCapLimits, toWhy, type WhyFacts } from './facts.js';
import { findFlips } from './flips.js';
import { readPolicy, toBanding } from './policy.js';
import { describeWhy } from './sentences.js';
import type { Why } from './types.js';
import type { WhyCase } from './case.js';

/**
 * Explains one symbol in one universe from what is stored, with `pipeline.why`.
 *
 * Edges: a universe whose rule is not known to this build is explained without its conclusions.
 * @throws EOD_UNIVERSE_UNKNOWN, EOD_SYMBOL_UNKNOWN
 */
export async function readWhy(
  database: Database,
  calendar: TradingCalendar,
  symbol: string,
  name: string,
  moment: Moment,
): Promise<Why> {
  const found = await findUniverse(database, name, moment);
  const { rows } = await sql<{ facts: SnakeCased<WhyFacts> }>`
    select pipeline.why(${symbol}, ${found.universe}, ${found.session}::date) as facts`.execute(database.db);
  const row = rows[0];
  const facts = row && toCamelCase<WhyFacts>(row.facts);
  const isKnown = facts && (facts.facts ?? facts.valuation ?? facts.left ?? (facts.member || null)) !== null;
  if (!isKnown) throw await unknownSymbol(database, symbol);
  const { universe, title, session } = found;
  const why = toWhy(facts, { symbol, universe, title, session, asked: moment.asked });
  const policy = readPolicy(why.policy);
  const capLimits = toCapLimits(facts);
  const banding = toBanding(why, policy, capLimits, calendar);
  const smallestCapUsd = facts.smallestMember?.marketCapUsd ?? null;
  const given: WhyCase = { why, banding, policy, capLimits, facts: facts.facts, smallestCapUsd, calendar };
  const flips = findFlips(given);
  return { ...why, banding, flips, sentences: describeWhy(given, flips) };
}
