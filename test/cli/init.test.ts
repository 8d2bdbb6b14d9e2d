import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { validate } from 'dockerfile-utils';
import { parse } from 'yaml';
import { environmentVariables } from '../../src/config/environment.js';
import { loadConfig } from '../../src/config/load.js';
import { ServiceMetrics } from '../../src/http/metrics.js';
import { runCli } from '../support/cli.js';

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, null>>;
}

interface ComposeService {
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

describe('tickstock init', () => {
  let folder: string;

  before(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'tickstock init-')), 'my config');
    const { exitCode, stdout } = await runCli(['init', folder]);
    expect(exitCode, stdout).to.equal(0);
  });

  after(() => rm(join(folder, '..'), { recursive: true }));

  const read = (path: string): Promise<string> => readFile(join(folder, path), 'utf8');
  /** Runs a tool of the system; null where it is absent. */
  function runTool(name: string, ...parameters: string[]): { status: number | null; output: string } | null {
    const result = spawnSync(name, parameters, { encoding: 'utf8' });
    return result.error ? null : { status: result.status, output: result.stdout + result.stderr };
  }

  it('writes a configuration that changes nothing', () => {
    const { hash, warnings, files } = loadConfig({ dir: folder });

    expect(hash).to.equal(loadConfig({}).hash);
    expect(warnings).to.deep.equal([]);
    expect(files).to.have.length(7);
  });

  it('writes examples that are right, and valid by the schema beside them', async () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
    expect(names).to.have.length(7);
    const uncommented = await mkdtemp(join(tmpdir(), 'tickstock-init-'));
    for (const name of names) {
      const text = await read(name);
      const schema: unknown = JSON.parse(await read(/\$schema=(\S+)/.exec(text)?.[1] ?? 'none'));
      const settings = text.replaceAll(/^# ( *(?:- |\w+:).*)$/gm, '$1');
      const isValid = new Ajv2020({ strict: false, validateFormats: false }).compile(schema as object);
      expect(isValid(parse(settings)), `${name}: ${JSON.stringify(isValid.errors)}`).to.equal(true);
      await writeFile(join(uncommented, name), settings);
    }

    const { config, hash, warnings } = loadConfig({ dir: uncommented });

    await rm(uncommented, { recursive: true });
    expect(warnings).to.deep.equal([]);
    expect(hash).to.not.equal(loadConfig({}).hash);
    expect(config.import.source).to.equal('screener');
    expect(config.themes.map(({ key }) => key))
      .to.include('banks')
      .and.not.include('quantum');
    expect(config.universes.rankings.map(({ key }) => key))
      .to.include('top_20')
      .and.not.include('top_2000');
    expect(config.gates.turnover.maxPct).to.equal(40);
    expect(config.calendar.overrides).to.have.length(1);
  });

  it('keeps what was changed, and the file of keys even with --force', async () => {
    await writeFile(join(folder, 'gates.yaml'), 'turnover: { maxPct: 45 }\n');
    await writeFile(join(folder, 'deploy/tickstock.env'), 'TICKSTOCKPL_API_KEY=abc\n');
    const outcomes = async (...parameters: string[]) => {
      const { stdout } = await runCli(['init', folder, '--json', ...parameters]);
      const { files } = JSON.parse(stdout) as { files: { path: string; outcome: string }[] };
      return Object.fromEntries(files.map(({ path, outcome }) => [path, outcome]));
    };

    const kept = await outcomes();
    const content = await read('gates.yaml');
    const replaced = await outcomes('--force');

    expect(kept).to.include({ 'gates.yaml': 'kept', 'deploy/tickstock.env': 'kept', 'themes.yaml': 'unchanged' });
    expect(content).to.equal('turnover: { maxPct: 45 }\n');
    expect(replaced).to.include({ 'gates.yaml': 'replaced', 'deploy/tickstock.env': 'kept' });
    expect(await read('deploy/tickstock.env')).to.equal('TICKSTOCKPL_API_KEY=abc\n');
    expect((await stat(join(folder, 'deploy/tickstock.env'))).mode & 0o077).to.equal(0);
  });

  it('says what to do where the folder cannot be written', async () => {
    const { exitCode, stderr } = await runCli(['init', join(folder, 'themes.yaml', 'below')]);

    expect(exitCode).to.equal(2);
    expect(stderr).to.include('cannot be written').and.include('tickstock init ./my-config');
  });

  it('writes units that systemd accepts, with absolute paths and no placeholder left', async () => {
    const units = ['tickstock.service', 'tickstock-evening.service', 'tickstock-evening.timer'];
    for (const unit of [...units, 'crontab']) expect(await read(`deploy/${unit}`), unit).to.not.match(/@\w+@/);
    expect(await read('deploy/tickstock.service'))
      .to.match(/^ExecStart=\/\S+ \S*\/dist\/cli\/main\.js serve --config ".*\/my config"$/m)
      .and.match(/^WorkingDirectory=\/.*\/my config$/m);
    const timer = /^OnCalendar=(.*)$/m.exec(await read('deploy/tickstock-evening.timer'))?.[1] ?? '';
    expect(runTool('systemd-analyze', 'calendar', timer)?.status ?? 0, timer).to.equal(0);
    const verified = runTool('systemd-analyze', 'verify', ...units.map((unit) => join(folder, 'deploy', unit)));
    // The command is there only where the package is built.
    const faults = (verified?.output ?? '').split('\n').filter((line) => line !== '' && !line.includes('main.js'));
    expect(faults).to.deep.equal([]);
  });

  it('writes a Dockerfile without a finding', async () => {
    const findings = validate(await read('deploy/Dockerfile')).map(({ message, range }) => [range.start.line, message]);

    expect(findings).to.deep.equal([]);
    expect(await read('deploy/Dockerfile'))
      .to.match(/^USER node$/m)
      .and.not.match(/@\w+@/);
  });

  it('writes a compose file whose services, volumes and variables are there', async () => {
    const { services, volumes } = parse(await read('deploy/compose.yaml')) as Compose;
    const variables = new Set(environmentVariables.map(({ name }) => name));

    expect(Object.keys(services)).to.deep.equal(['tickstock', 'database', 'redis']);
    expect(Object.keys(services['tickstock']?.environment ?? {}).filter((name) => !variables.has(name))).to.deep.equal(
      [],
    );
    for (const { depends_on: needs = {}, volumes: mounts = [] } of Object.values(services)) {
      expect(Object.keys(services)).to.include.members(Object.keys(needs));
      const named = mounts.map((mount) => mount.split(':')[0] ?? '').filter((name) => !name.startsWith('.'));
      expect(Object.keys(volumes)).to.include.members(named);
    }
  });

  it('writes alert rules that promtool accepts, on metrics that the service has', async () => {
    const text = await read('deploy/prometheus-rules.yaml');
    const { groups } = parse(text) as { groups: { rules: { alert: string; expr: string }[] }[] };
    const metrics = await new ServiceMetrics().render(null, false);

    const named = groups.flatMap(({ rules }) => rules.flatMap(({ expr }) => expr.match(/tickstock_\w+/g) ?? []));

    expect(named.length).to.be.at.least(9);
    for (const name of named) expect(metrics).to.include(`# HELP ${name} `);
    const checked = runTool('promtool', 'check', 'rules', join(folder, 'deploy/prometheus-rules.yaml'));
    expect(checked?.status ?? 0, checked?.output).to.equal(0);
  });
});
