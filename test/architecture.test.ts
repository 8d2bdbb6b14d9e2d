import { expect } from 'chai';
import { findCircles } from './support/import-graph.js';
import { listSourceFiles, parseImports, readCode, readImports, type Import } from './support/imports.js';

/** What a layer may import: layers in full, layers for their types alone, packages, and single files that stand for themselves. */
interface Allowance {
  readonly layers: readonly string[];
  readonly types?: readonly string[];
  readonly files?: readonly string[];
  /** Undefined: any package. */
  readonly packages?: readonly string[];
}

/** design.md, "Layout". A file always may import its own layer. */
const ALLOWED: Readonly<Record<string, Allowance>> = {
  core: { layers: [], packages: ['temporal-polyfill', 'fastest-levenshtein', 'node:timers/promises'] },
  config: { layers: ['core'] },
  db: { layers: ['core'], types: ['config'] },
  securities: { layers: ['core', 'db'], types: ['events'] },
  exceptions: { layers: ['core', 'db', 'securities'] },
  // The relay moves what stands in the database; it is handed the way there.
  events: { layers: ['core', 'db'], types: ['config'] },
  progress: { layers: ['core'], types: ['config'] },
  tokens: { layers: [], types: ['core', 'config', 'db', 'orchestrator'] },
  phase: {
    layers: ['core', 'db', 'events', 'securities', 'exceptions', 'tokens'],
    types: ['progress', 'config'],
    // Rows of the database may override settings: they are held to the same rules, and refused in the same words.
    // The hash of the settings is part of the hash of a session's input.
    files: ['src/config/schema/index.ts', 'src/config/problems.ts', 'src/config/hash.ts'],
  },
  'phase list': { layers: ['core', 'phase'] },
  notify: {
    layers: ['core', 'db', 'events', 'history'],
    types: ['config'],
    packages: ['request-filtering-agent', 'node:crypto', 'node:http', 'node:https', 'node:child_process', 'node:path'],
  },
  history: { layers: ['core', 'db', 'securities', 'exceptions'], types: ['events', 'config'] },
  orchestrator: {
    layers: ['core', 'progress', 'events', 'db', 'securities', 'exceptions', 'history'],
    types: ['config', 'notify'],
  },
  'open-database': { layers: ['core', 'config', 'db'], types: ['orchestrator'] },
  // The lists of the phases, and what a host adds to them.
  extensions: { layers: ['core', 'phase'] },
  // The contracts of the units, for hosts.
  testing: { layers: ['core', 'phase'], types: ['config'] },
  container: {
    layers: [
      'extensions',
      'core',
      'config',
      'db',
      'events',
      'progress',
      'notify',
      'orchestrator',
      'tokens',
      'phase list',
      'open-database',
    ],
  },
  index: {
    layers: ['container', 'core'],
    types: ['extensions', 'config', 'db', 'events', 'progress', 'orchestrator', 'history', 'securities', 'exceptions'],
    // What a front end or a host needs beside a pipeline: its configuration, the files of the package, progress drawn and phrased as the command line does, the
    // catalogue of events, and what its phases may ask the container for; how a source reads its files, before there is a pipeline; and what the HTTP API has in common with the library: how far
    // a run is, in percent, and what a change of the schedule may be.
    files: [
      'phases/index.ts',
      'src/config/load.ts',
      'src/config/package-dir.ts',
      'src/config/problems.ts',
      'src/securities/actions/bars.ts',
      'src/progress/terminal.ts',
      'src/progress/live-line.ts',
      'src/progress/lines.ts',
      'src/events/event.ts',
      'src/events/catalogue/index.ts',
      'src/orchestrator/schedule/schedule-changes.ts',
      'src/orchestrator/schedule/announced-day.ts',
      'src/tokens.ts',
    ],
  },
  // `serve` starts the service. The library is loaded with the command that uses it; the rest is what the program itself needs.
  cli: {
    layers: ['index'],
    files: [
      'src/http/index.ts',
      'src/core/errors.ts',
      'src/core/version.ts',
      'src/core/format-count.ts',
      'src/core/format-usd.ts',
      'src/core/snake-case.ts',
    ],
  },
  http: { layers: ['index'] },
};

/**
 * Statements that join by ticker, and why a ticker names one security there. All others join rows of a session, or by security: a ticker and a
 * session together name one security (`pipeline.security_ticker`).
 */
const JOINED_BY_TICKER: Readonly<Record<string, string>> = {
  'phases/import/merge-bars.sql.ts': 'the same session',
  'phases/import/merge-symbols.sql.ts': 'symbols, a shared table keyed by ticker',
  'phases/import/write-identifiers.sql.ts': 'symbols, a shared table keyed by ticker',
  'phases/cache-sync/groups/write-members.sql.ts': 'members of a group, a shared table keyed by ticker',
  'phases/cache-sync/input/count-earlier.sql.ts':
    'closes of two sessions are counted for a gate; a share of all of them',
  'phases/cache-sync/input/count-unlisted.sql.ts': 'one session',
  'phases/cache-sync/input/find-arrivals.sql.ts':
    'tickers that were never there before: what is asked for is the ticker',
  'phases/cache-sync/input/find-new-listings.sql.ts': 'the same',
  'phases/cache-sync/input/find-sector-moves.sql.ts':
    'a share of many: a security under another ticker has none then, and one of many does not count',
  'phases/cache-sync/input/find-unknown-symbols.sql.ts': 'symbols, a shared table keyed by ticker',
  'phases/cache-sync/input/read-prices.sql.ts': 'bars, a shared table; a former ticker is not listed any more',
  'phases/cache-sync/membership/carry-since.sql.ts': 'the two tickers of a recorded rename',
  'phases/cache-sync/membership/continue-memberships.sql.ts': 'a change ends the open membership of its own ticker',
  'phases/cache-sync/membership/correct-memberships.sql.ts':
    'the audit of a ticker, in which another company is a removal and an addition',
  'phases/cache-sync/membership/read-touched-symbols.sql.ts': 'events of tickers themselves',
  'phases/cache-sync/membership/restore-events.sql.ts': 'the same',
  'phases/cache-sync/membership/update-listed.sql.ts': 'symbols, a shared table',
  'phases/cache-sync/membership/write-symbol-events.sql.ts': 'events of tickers themselves',
  'phases/cache-sync/publish/write-valuations.sql.ts': 'one session, and symbols',
  'phases/import/count-existing.sql.ts': 'shared tables',
  'phases/import/merge-quotes.sql.ts': 'one session',
  'phases/import/reopen-listed.sql.ts': 'events of tickers themselves',
  'phases/indicators/merge-indicators.sql.ts': 'daily_indicators, a shared table',
  'src/exceptions/exceptions.sql.ts': 'the name of a ticker in symbols',
  'src/exceptions/write-doubts.sql.ts': 'exceptions about tickers themselves',
  'src/history/read-diff.sql.ts': 'the session on which the ticker is a member',
  'src/history/read-universe.sql.ts': 'one session, and the names in symbols',
  'src/orchestrator/doctor/memberships.sql.ts':
    'the audit of a list and its members, in which a rename leaves and joins',
  'src/orchestrator/load-jobs/read-loaded.sql.ts': 'the bars of a ticker, as its caller names it',
  'src/securities/actions/corporate-actions.sql.ts': 'one session',
  'src/securities/actions/read-moves.sql.ts':
    'consecutive sessions; a ticker that another security has taken is left out',
  'src/securities/actions/write-findings.sql.ts': 'one session',
  'src/securities/record-facts.sql.ts': 'symbols, a shared table',
  'src/securities/record-host-caps.sql.ts': 'the same',
};

const FILES = listSourceFiles('src', 'phases');
const IMPORTS = FILES.flatMap((file) => readImports(file));

describe('the architecture', () => {
  it('is checked over every source file', () => {
    expect(FILES.length).to.be.above(100);
    expect(IMPORTS.length).to.be.above(300);
    expect([...new Set(FILES.map(layerOf))].filter((layer) => !(layer in ALLOWED))).to.deep.equal([]);
  });

  it('lets each layer import only what the design says', () => {
    expect(IMPORTS.filter((found) => !isAllowed(found)).map(describeImport)).to.deep.equal([]);
  });

  it('has no import circle, type imports included', () => {
    expect(findCircles(IMPORTS)).to.deep.equal([]);
  });

  it('loads the library with the command that uses it, not with the program', () => {
    const reached = new Set(['src/cli/main.ts']);
    for (const file of reached)
      for (const { from, to, typeOnly, names } of IMPORTS)
        // `import()` has no names: commands are loaded by it.
        if (from === file && !typeOnly && names.length > 0) reached.add(to);

    expect(reached.size).to.be.above(8);
    expect(
      [...reached].filter((file) => /^(phases\/|src\/(index|container|orchestrator|db|http|history))/.test(file)),
    ).to.deep.equal([]);
  });

  it('enters src/history through its door', () => {
    const inside = (file: string): boolean => file.startsWith('src/history/');
    const entries = IMPORTS.filter((found) => inside(found.to) && !inside(found.from)).map((found) => found.to);

    expect([...new Set(entries)]).to.deep.equal(['src/history/history.ts']);
  });

  it('keeps the container of tsyringe in one file', () => {
    const importers = IMPORTS.filter((found) => found.to === 'tsyringe' && found.names.some(isContainer));

    expect(importers.map((found) => found.from)).to.deep.equal(['src/container.ts']);
  });

  it('lets only the command line read the environment, write to the console or end the process', () => {
    // The embedded server, and a command that notifies, get PATH and the like of this process, and nothing else.
    const isChild = (file: string): boolean =>
      ['src/db/embedded/launch.ts', 'src/notify/channels/command.ts'].includes(file);
    const files = FILES.filter((file) => layerOf(file) !== 'cli' && !isChild(file));

    const found = findIn(files, /\bprocess\.(env|exit|exitCode|stdout|stderr|stdin|on|once)\b|\bconsole\./g);

    expect(found).to.deep.equal([]);
  });

  it('reads no local time anywhere', () => {
    const localPart = /\.(get|set)(FullYear|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds|TimezoneOffset)\(/g;
    const localText = /\.to(LocaleDate|LocaleTime|Date|Time)String\(|\bTemporal\.Now\b/g;
    const localMidnight = /\bnew Date\([^()]*,/g;

    const found = [localPart, localText, localMidnight].flatMap((pattern) => findIn(FILES, pattern));

    expect(found).to.deep.equal([]);
  });

  it('reads and writes rows through declared statements or typed queries', () => {
    const untyped = /\.query(<|\(\s*[`'"]\s*(select|insert|update|delete|with)\b[^`'"]*)/gi;

    const found = findIn(FILES, untyped);

    // Without rows: the answer is not read.
    expect(found).to.deep.equal(["src/db/database.ts: .query('select pg_cancel_backend($1)"]);
  });

  it('joins rows of several sessions by ticker only where it is known why that is right', () => {
    const statements = FILES.filter((file) => file.endsWith('.sql.ts'));
    const byTicker = /\w+\.symbol( collate "\w+")? = \w+\.symbol|using \([\w, ]*\bsymbol\b[\w, ]*\)/g;

    const found = new Set(findIn(statements, byTicker).map((each) => each.split(':')[0] ?? ''));

    expect([...found].toSorted()).to.deep.equal(Object.keys(JOINED_BY_TICKER).toSorted());
  });

  it('draws chance from nowhere in core and phases', () => {
    const files = FILES.filter((file) => ['core', 'phase'].includes(layerOf(file)));

    expect(findIn(files, /\bMath\.random\b|\bDate\.now\(/g)).to.deep.equal(['src/core/clock.ts: Date.now(']);
  });
});

describe('the reader of imports', () => {
  it('sees every form and tells types from values', () => {
    const code = [
      `import 'reflect-metadata';`,
      `import { a, type B } from '../db/database.js';`,
      `import {\n  type C,\n  type D,\n} from '../core/errors.js';`,
      `import type { E } from './model.js';`,
      `import F from 'stream-chain';`,
      `import * as g from '../orchestrator/run/run.js';`,
      `export { h } from './lines.js';`,
      `const i = await import('../container.js');`,
    ].join('\n');

    const found = parseImports('src/progress/tracker.ts', code);

    expect(found.map(({ to, typeOnly }) => `${to}${typeOnly ? ' (types)' : ''}`)).to.have.members([
      'reflect-metadata',
      'src/db/database.ts',
      'src/core/errors.ts (types)',
      'src/progress/model.ts (types)',
      'stream-chain',
      'src/orchestrator/run/run.ts',
      'src/progress/lines.ts',
      'src/container.ts',
    ]);
    expect(found.filter((entry) => !isAllowed(entry)).map(describeImport)).to.have.members([
      'src/progress/tracker.ts (progress) imports src/db/database.ts (db)',
      'src/progress/tracker.ts (progress) imports src/orchestrator/run/run.ts (orchestrator)',
      'src/progress/tracker.ts (progress) imports src/container.ts (container)',
    ]);
  });

  it('finds a circle that only types close', () => {
    const imports = [
      ...parseImports('src/core/a.ts', `import { b } from './b.js';`),
      ...parseImports('src/core/b.ts', `import { c } from './c.js';\nimport { z } from 'zod';`),
      ...parseImports('src/core/c.ts', `import type { A } from './a.js';`),
      ...parseImports('src/core/d.ts', `import { a } from './a.js';`),
    ];

    expect(findCircles(imports)).to.deep.equal([['src/core/a.ts', 'src/core/b.ts', 'src/core/c.ts']]);
  });

  it('tells one phase from another', () => {
    const [found] = parseImports('phases/cache-sync/phase.ts', `import { x } from '../import/source.js';`);

    expect(found && isAllowed(found)).to.equal(false);
  });
});

function layerOf(file: string): string {
  if (file === 'phases/index.ts') return 'phase list';
  if (file.startsWith('phases/')) return 'phase';
  const [, first = ''] = file.split('/');
  return first.replace(/\.ts$/, '');
}

function isAllowed({ from, to, isPackage, typeOnly }: Import): boolean {
  const own = layerOf(from);
  const allowed = ALLOWED[own] ?? { layers: [] };
  if (isPackage) return allowed.packages?.includes(to) ?? true;
  const target = layerOf(to);
  if (own === 'phase' && target === 'phase') return phaseOf(from) === phaseOf(to);
  if (own === target || allowed.layers.includes(target) || allowed.files?.includes(to)) return true;
  return typeOnly && (allowed.types ?? []).includes(target);
}

function phaseOf(file: string): string | undefined {
  return file.split('/')[1];
}

function isContainer(name: string): boolean {
  return /^(type )?container\b/.test(name) || name.startsWith('* as');
}

function describeImport({ from, to, isPackage, typeOnly }: Import): string {
  return `${from} (${layerOf(from)}) imports ${to}${isPackage ? '' : ` (${layerOf(to)})`}${typeOnly ? ', types only' : ''}`;
}

function findIn(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) => [...readCode(file).matchAll(pattern)].map(([text]) => `${file}: ${text}`));
}
