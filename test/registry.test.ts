import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Command } from 'commander';
import { container } from 'tsyringe';
import { GATES } from '../phases/cache-sync/holds/gates/index.js';
import { LAYOUTS } from '../phases/cache-sync/projection/layouts/index.js';
import { RULES } from '../phases/cache-sync/universes/rules/index.js';
import { SOURCES } from '../phases/import/sources/index.js';
import { PHASES } from '../phases/index.js';
import { FORMULAS } from '../phases/indicators/formulas/index.js';
import { loadCommands } from '../src/cli/commands/index.js';
import type { Terminal } from '../src/cli/output.js';
import { loadConfig } from '../src/config/load.js';
import { TradingCalendar } from '../src/core/calendar.js';
import { systemClock } from '../src/core/clock.js';
import type { Phase } from '../src/core/phase.js';
import { NOTIFICATION_CAUSES } from '../src/core/notification-causes.js';
import { Database } from '../src/db/database.js';
import { EXCEPTION_KINDS } from '../src/exceptions/kinds/index.js';
import { MIGRATIONS } from '../src/db/migrations/index.js';
import { CAUSES } from '../src/notify/causes/index.js';
import { createChannels } from '../src/notify/channels/index.js';
import { CHECKS } from '../src/orchestrator/doctor/checks/index.js';
import { ROUTES } from '../src/http/routes/index.js';
import { registerExtensions } from '../src/extensions.js';
import { TOKENS } from '../src/tokens.js';

const { config } = loadConfig({ options: { import: { source: 'existing' } } });
const calendar = new TradingCalendar();
/** Never used: no connection is made before the first query. */
const database = Database.connect({ url: 'postgres://nobody@127.0.0.1:1/none', poolSize: 3, connectTimeoutMs: 100 });

describe('the registry of', () => {
  after(() => database.close());

  it('phases names every folder of phases/, in the order of the ordinals, each after what it needs', () => {
    const phases = PHASES.map((phase) => phaseContainer().resolve(phase));

    expect(phases.map((phase) => phase.id)).to.have.members(foldersOf('phases'));
    expect(phases.map((phase) => phase.ordinal)).to.deep.equal(
      phases.map((phase) => phase.ordinal).toSorted(ascending),
    );
    for (const [index, phase] of phases.entries()) {
      expect(idsOf(phases.slice(0, index)), phase.id).to.include.members([...phase.needs]);
    }
  });

  it('sources names every file of sources/', () => {
    const sources = SOURCES.map((Source) => new Source({ config, calendar, database }));

    expect(sources.map((source) => source.id)).to.have.ordered.members(filesOf('phases/import/sources'));
  });

  it('universe rules names every file of rules/', () => {
    expect(RULES.map((rule) => rule.id)).to.have.members(filesOf('phases/cache-sync/universes/rules'));
  });

  it('gates names every file of gates/', () => {
    expect(GATES.map((gate) => gate.id)).to.have.members(filesOf('phases/cache-sync/holds/gates'));
  });

  it('kinds of exceptions names every file of kinds/', () => {
    expect(EXCEPTION_KINDS.map(({ id }) => id.toLowerCase().replaceAll('_', '-'))).to.have.members(
      filesOf('src/exceptions/kinds'),
    );
  });

  it('causes of notifications names every file of causes/, and the configuration knows each', () => {
    const ids = CAUSES.map(({ id }) => id);

    expect(ids.map((id) => `${id.replaceAll(/[._]/g, '-')}.sql`)).to.have.members(filesOf('src/notify/causes'));
    expect(ids).to.have.members([...NOTIFICATION_CAUSES]);
  });

  it('channels of notifications names every file of channels/', () => {
    const secret = Buffer.alloc(32).toString('base64');
    const url = 'https://example.com';
    const { notify } = loadConfig({
      options: { notify: { webhook: { url, secret }, slack: { url }, command: ['true'] } },
    }).config;

    expect(createChannels(notify).map(({ id }) => id)).to.have.members(filesOf('src/notify/channels'));
  });

  it('checks of the doctor names every file of checks/', () => {
    expect(CHECKS.map(({ id }) => id)).to.have.members(filesOf('src/orchestrator/doctor/checks'));
  });

  it('layouts names every file of layouts/', () => {
    expect(LAYOUTS.map((layout) => layout.id)).to.have.members(filesOf('phases/cache-sync/projection/layouts'));
  });

  it('formulas names every file of formulas/, each indicator once', () => {
    const types = FORMULAS.map((formula) => formula.type);
    const names = types.map((type) => type.replace(/(_\d+)+$/, '').replaceAll('_', '-'));

    expect(new Set(names)).to.deep.equal(new Set(filesOf('phases/indicators/formulas')));
    expect(types).to.have.lengthOf(new Set(types).size);
  });

  it('commands names every file of commands/, and loads the one that is asked for', async () => {
    const files = filesOf('src/cli/commands');

    expect(await namesOfCommands()).to.have.members(files);
    // What completes commands is made from all of them.
    const alone = files.filter((file) => file !== 'completion');
    for (const file of alone) expect(await namesOfCommands(file)).to.deep.equal([file]);
    expect(await namesOfCommands('completion')).to.have.members(files);
  });

  it('routes names every file of routes/', () => {
    expect(Object.keys(ROUTES)).to.have.members(filesOf('src/http/routes'));
  });

  it('migrations names every file of migrations/, in order and numbered without a gap', () => {
    const names = Object.keys(MIGRATIONS);

    expect(names).to.deep.equal(filesOf('src/db/migrations'));
    expect(names.map((name) => Number(name.slice(0, 4)))).to.deep.equal(names.map((_, index) => index + 1));
  });
});

function phaseContainer() {
  const child = container.createChildContainer();
  registerExtensions(child, {});
  child.registerInstance(TOKENS.database, database);
  child.registerInstance(TOKENS.config, config);
  child.registerInstance(TOKENS.calendar, calendar);
  child.registerInstance(TOKENS.clock, systemClock);
  return child;
}

async function namesOfCommands(name?: string): Promise<string[]> {
  const program = new Command();
  const terminal = { environment: {} } as Terminal;
  for (const command of await loadCommands(name)) command.register(program, terminal, () => undefined);
  return program.commands.map((command) => command.name());
}

function idsOf(phases: readonly Phase[]): string[] {
  return phases.map((phase) => phase.id);
}

function ascending(left: number, right: number): number {
  return left - right;
}

function foldersOf(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => (entry.isDirectory() ? entry.name : []));
}

/** Names of a folder's TypeScript files, `index.ts` left out. */
function filesOf(folder: string): string[] {
  const names = entriesOf(folder).flatMap((entry) => (entry.isFile() ? entry.name : []));
  return names.filter((name) => name !== 'index.ts').map((name) => name.replace(/\.ts$/, ''));
}

function entriesOf(folder: string) {
  const path = fileURLToPath(new URL(`../${folder}`, import.meta.url));
  return readdirSync(path, { withFileTypes: true }).toSorted((left, right) => (left.name < right.name ? -1 : 1));
}
