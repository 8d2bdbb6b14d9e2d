import { expect } from 'chai';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.js';
import { ConfigFolders, type FileTexts, thrownBy, VALID_FILES } from './config-folder.js';

describe('configuration files', () => {
  const folders = new ConfigFolders();
  after(() => folders.remove());

  /** Problem lines of a folder with these files, the folder itself cut off. */
  function problemsOf(texts: FileTexts): string[] {
    const dir = folders.make(texts);
    const error = thrownBy(() => loadConfig({ dir }));
    expect(error.code).to.equal('EOD_CONFIG_INVALID');
    const [, ...lines] = error.message.split('\n');
    return lines.map((line) => line.trim().replace(`${dir}/`, ''));
  }

  it('are refused once with every problem of all of them, each with its line, value and what is allowed', () => {
    const problems = problemsOf({
      'tickstock.yaml': 'run:\n  concurrency: 99\ndatabase:\n  connectTimeoutMs: soon\n  poolSise: 4\n',
      'universes.yaml': VALID_FILES['universes.yaml']
        .replace('minUsd: 300e6', 'minUsd: .nan')
        .replace('complete: { stocks: 1000, etfs: 100 }\n', '')
        .replace('combination: { stocks: 50', 'combination: { stocks: 2.5'),
      'themes.yaml':
        'themes:\n  - { key: ai, title: AI, symbols: [NVDA, TRUE] }\n  - { key: AI-2, title: AI, symbols: [] }\nreplace: true\n',
      'calendar.yaml': 'overrides:\n  - { date: 2026-02-30, kind: shut, reason: x }\n',
    });

    expect(problems).to.have.members([
      'tickstock.yaml:2: run.concurrency is 99; allowed: a whole number from 1 to 32',
      'tickstock.yaml:4: database.connectTimeoutMs is the text "soon"; allowed: a whole number from 100 to 600000',
      'tickstock.yaml:5: database.poolSise is not a setting; did you mean poolSize?',
      'universes.yaml:3: universes.bands[1].minUsd is NaN; allowed: a number, 0 or more',
      'universes.yaml:1: universes.complete is missing; allowed: a mapping with stocks, etfs',
      'universes.yaml:9: universes.combination.stocks is 2.5; allowed: a whole number from 1 to 1000000',
      'themes.yaml:2: themes[0].symbols[1] is true without quotes; allowed: text of 1 to 20 characters',
      'themes.yaml:3: themes[1].key is the text "AI-2"; allowed: a key of a-z, 0-9 and _ only',
      'themes.yaml:3: themes[1].title is "AI" a second time',
      'themes.yaml:3: themes[1] has neither symbols nor pins nor rules',
      'calendar.yaml:2: calendar.overrides[0].date is the text "2026-02-30"; allowed: a date written YYYY-MM-DD',
      'calendar.yaml:2: calendar.overrides[0].kind is the text "shut"; allowed: one of closed, early-close, open',
    ]);
  });

  it('are refused for a key that the code makes itself, and for the same key, limit or ticker twice', () => {
    const universes = VALID_FILES['universes.yaml']
      .replace('key: etf_growth', 'key: etf_all')
      .replace('key: small_cap', 'key: large_cap')
      .replace('300e6', '10000000000')
      .replace('[SPY, QQQ]', '[SPY, QQQ, SPY]');

    expect(problemsOf({ 'universes.yaml': universes })).to.have.members([
      'universes.yaml:12: universes.etfCategories[0].key is made by the code; choose another key',
      'universes.yaml:3: universes.bands[1].key is "large_cap" a second time',
      'universes.yaml:3: universes.bands[1].minUsd is 10000000000 a second time',
      'universes.yaml:10: universes.combination.etfs[2] is "SPY" a second time',
    ]);
  });

  const broken: readonly { title: string; file: string; text: string; problem: string }[] = [
    {
      title: 'an empty file',
      file: 'universes.yaml',
      text: ' \n',
      problem: 'universes.yaml:1: is empty; fill it, or delete it to use the shipped one alone',
    },
    {
      title: 'a tab',
      file: 'tickstock.yaml',
      text: 'run:\n\tconcurrency: 2\n',
      problem: 'tickstock.yaml:2: is indented with a tab; YAML allows spaces only',
    },
    {
      title: 'a key written twice',
      file: 'tickstock.yaml',
      text: 'run:\n  concurrency: 2\n  concurrency: 3\n',
      problem: 'tickstock.yaml:3: has the key concurrency twice in one mapping',
    },
    {
      title: 'a bracket that is not closed',
      file: 'universes.yaml',
      text: 'bands: [1, 2\n',
      problem:
        'universes.yaml:2: is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    },
    {
      title: 'a list instead of settings',
      file: 'calendar.yaml',
      text: '- 2026-09-14\n',
      problem: 'calendar.yaml:1: contains a list; allowed: a mapping of settings, one "name: value" per line',
    },
    {
      title: 'an alias without anchor',
      file: 'calendar.yaml',
      text: 'overrides: *none\n',
      problem: 'calendar.yaml:1: has an alias (*name) without an anchor (&name), or far too many of them',
    },
    {
      title: 'a section of another file',
      file: 'tickstock.yaml',
      text: 'universes: {}\n',
      problem:
        'tickstock.yaml:1: universes is not a setting; allowed: database, import, run, redis, http, schedule, notify, retention',
    },
    {
      title: 'a section that is no mapping',
      file: 'tickstock.yaml',
      text: '# all\nrun: 4\n',
      problem:
        'tickstock.yaml:2: run is 4; allowed: a mapping with concurrency, phaseTimeoutMinutes, retrySeconds, leaseSeconds, leaseHeartbeatSeconds',
    },
    {
      title: 'a second document',
      file: 'tickstock.yaml',
      text: 'run: {}\n---\nrun: {}\n',
      problem: 'tickstock.yaml:2: contains more than one document; remove the line ---',
    },
  ];
  for (const { title, file, text, problem } of broken) {
    it(`are refused for ${title}, with one problem and its line`, () => {
      expect(problemsOf({ [file]: text })).to.deep.equal([problem]);
    });
  }

  it('report a broken file beside the problems of the others', () => {
    const problems = problemsOf({ 'universes.yaml': 'a: 1\na: 2\n', 'tickstock.yaml': 'run: { concurrency: 0 }\n' });

    expect(problems).to.deep.equal([
      'universes.yaml:2: has the key a twice in one mapping',
      'tickstock.yaml:1: run.concurrency is 0; allowed: a whole number from 1 to 32',
    ]);
  });

  it('may hold nothing but comments where every setting has a default', () => {
    const dir = folders.make({ 'tickstock.yaml': '# nothing to change\n', 'calendar.yaml': '# none\n' });

    expect(loadConfig({ dir }).config.run.concurrency).to.equal(4);
  });

  it('may share a list by anchor and alias, and a problem in it names the line where it is written', () => {
    const etfs = 'combination: { stocks: 50, etfs: &core [SPY, QQQ] }';
    const universes = VALID_FILES['universes.yaml'].replace(/combination: .*/, etfs).concat('    \n');
    const shared = universes.replace('types: [growth]', 'symbols: *core');

    const { config } = loadConfig({ dir: folders.make({ 'universes.yaml': shared }) });

    expect(config.universes.etfCategories[0]?.symbols).to.deep.equal(['SPY', 'QQQ']);
    expect(problemsOf({ 'universes.yaml': shared.replace('QQQ', '5') })).to.deep.equal([
      'universes.yaml:10: universes.combination.etfs[1] is 5 without quotes; allowed: text of 1 to 20 characters',
      'universes.yaml:10: universes.etfCategories[0].symbols[1] is 5 without quotes; allowed: text of 1 to 20 characters',
    ]);
  });

  it('refuse a folder that does not exist and a path that is a file', () => {
    const absent = folders.path('absent');
    const file = folders.path('file');
    writeFileSync(file, '');

    expect(thrownBy(() => loadConfig({ dir: absent })).message).to.include(
      `${absent}: does not exist; allowed: a folder`,
    );
    expect(thrownBy(() => loadConfig({ dir: file })).message).to.include(`${file}: is not a folder; allowed: a folder`);
  });

  it('refuse an entry that cannot be read instead of taking the one of the package', () => {
    const dir = folders.makeExactly({});
    mkdirSync(join(dir, 'tickstock.yaml'));

    expect(thrownBy(() => loadConfig({ dir })).message).to.include('tickstock.yaml:1: cannot be read: EISDIR');
  });

  it('with a name that is not read give a warning with the name that was meant', () => {
    const dir = folders.make({ 'theme.yaml': 'x', 'tickstock.yml': 'x', 'prices.yaml': 'x', 'notes.txt': 'x' });

    const { warnings } = loadConfig({ dir });

    expect(warnings).to.deep.equal([
      `${join(dir, 'prices.yaml')} is not read`,
      `${join(dir, 'theme.yaml')} is not read; did you mean themes.yaml?`,
      `${join(dir, 'tickstock.yml')} is not read; did you mean tickstock.yaml?`,
    ]);
  });
});
