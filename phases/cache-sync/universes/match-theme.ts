import type { ThemeConfig, ThemeRulesConfig } from '../../../src/config/schema/index.js';
import type { Valued } from '../valuation/market.js';
import { toWordPattern } from './word-pattern.js';

/** Whether a security meets a condition. */
type SecurityTest = (security: Valued) => boolean;

type ThemeCondition = ThemeRulesConfig['all'][number];

/** The rules of one theme, prepared for a whole market. */
export interface ThemeMatcher {
  readonly theme: ThemeConfig;
  /** USD; a security with less cannot meet the rules, an unknown market cap counts as 0. */
  readonly minCapUsd: number;
  /** Whether the rules can only be met by a name with one of the words of all themes. */
  readonly needsWord: boolean;
  readonly meets: SecurityTest;
}

/**
 * Prepares the rules of all themes, to be matched with the same securities one after the other.
 *
 * Shape:  themes → matchers, one for each theme with rules, ascending by `minCapUsd`. Rules are met by: every condition of `all`, one of
 *         `any` if there are any, none of `not`.
 * Edges:  an unknown fact meets no condition, so it neither includes a security nor excludes it.
 * Speed:  143,000 securities take 9 themes 50 ms, twice that before V8 has compiled it. The words of all themes are one pattern, with which
 * each name is matched once: one pattern per theme took 100 ms.
 */
export function compileThemeRules(themes: readonly ThemeConfig[]): {
  readonly matchers: readonly ThemeMatcher[];
  /** Whether a name may contain a word of any theme: checked once, it skips most themes for most securities. */
  readonly mayHoldWord: SecurityTest;
} {
  const ruled = themes.flatMap((theme) => (theme.rules ? [{ theme, rules: theme.rules }] : []));
  const conditions = ruled.flatMap(({ rules: { all, any, not } }) => [...all, ...any, ...not]);
  const mayHoldWord = createNameTest([...new Set(conditions.flatMap(({ nameWords }) => nameWords ?? []))]);
  const compile = (condition: ThemeCondition): SecurityTest => allOf(listTests(condition, mayHoldWord));
  const matchers = ruled
    .map(({ theme, rules: { all, any, not } }): ThemeMatcher => {
      const tests = all.flatMap((condition) => listTests(condition, mayHoldWord));
      if (any.length > 0) tests.push(anyOf(any.map(compile)));
      if (not.length > 0) tests.push(noneOf(not.map(compile)));
      return { theme, minCapUsd: findLeastCap(all, any), needsWord: asksForWord(all, any), meets: allOf(tests) };
    })
    .sort((left, right) => left.minCapUsd - right.minCapUsd);
  return { matchers, mayHoldWord };
}

function asksForWord(all: readonly ThemeCondition[], any: readonly ThemeCondition[]): boolean {
  const asks = ({ nameWords }: ThemeCondition): boolean => nameWords !== undefined;
  return all.some(asks) || (any.length > 0 && any.every(asks));
}

function findLeastCap(all: readonly ThemeCondition[], any: readonly ThemeCondition[]): number {
  const toCap = ({ minCapUsd = 0 }: ThemeCondition): number => minCapUsd;
  return Math.max(...all.map(toCap), any.length === 0 ? 0 : Math.min(...any.map(toCap)));
}

/** Remembers its last answer, because theme after theme checks the same security. */
function createNameTest(words: readonly string[]): SecurityTest {
  const pattern = toWordPattern(words);
  let last: Valued | null = null;
  let answer = false;
  return (security) => {
    if (security !== last) {
      last = security;
      answer = security.name !== null && (pattern?.test(security.name) ?? false);
    }
    return answer;
  };
}

function allOf(tests: readonly SecurityTest[]): SecurityTest {
  const [first, second] = tests;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  const others = tests.slice(1);
  return (security) => first(security) && others.every((meets) => meets(security));
}

function anyOf(tests: readonly SecurityTest[]): SecurityTest {
  return (security) => tests.some((meets) => meets(security));
}

function noneOf(tests: readonly SecurityTest[]): SecurityTest {
  return (security) => !tests.some((meets) => meets(security));
}

/** The cheap tests come first. */
function listTests(condition: ThemeCondition, mayHoldWord: SecurityTest): SecurityTest[] {
  const { minCapUsd, exchange, sector, industry, sic, nameWords } = condition;
  const tests: SecurityTest[] = [];
  if (minCapUsd !== undefined) tests.push(({ marketCapUsd }) => (marketCapUsd ?? 0) >= minCapUsd);
  if (exchange) tests.push(testText(({ exchange: text }) => text, isOneOf(exchange)));
  if (sector) tests.push(testText(({ sector: text }) => text, isOneOf(sector)));
  if (industry) tests.push(testText(({ industry: text }) => text, isOneOf(industry)));
  if (sic) tests.push(testText(({ sicCode }) => sicCode, beginsWith(sic)));
  const words = nameWords ? toWordPattern(nameWords) : null;
  if (words) tests.push((security) => mayHoldWord(security) && words.test(security.name ?? ''));
  return tests;
}

/** Remembers the answer for each text: a market has few different ones. */
function testText(pick: (security: Valued) => string | null, meets: (text: string) => boolean): SecurityTest {
  const known = new Map<string | null, boolean>([[null, false]]);
  return (security) => {
    const text = pick(security);
    let answer = known.get(text);
    if (answer === undefined) known.set(text, (answer = meets(text ?? '')));
    return answer;
  };
}

function isOneOf(words: readonly string[]): (text: string) => boolean {
  const allowed = new Set(words.map((word) => word.toLowerCase()));
  return (text) => allowed.has(text.trim().toLowerCase());
}

/** SIC codes have four digits; some sources drop the leading 0 of agriculture and mining. */
function beginsWith(prefixes: readonly string[]): (text: string) => boolean {
  return (text) => {
    const code = text.trim().padStart(4, '0');
    return prefixes.some((prefix) => code.startsWith(prefix));
  };
}
