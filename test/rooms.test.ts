import { expect } from 'chai';
import { listSourceFiles, parseImports, readImports, type Import } from './support/imports.js';

/** What a room may import of its own part of the tree: other rooms, and rooms for their types alone. */
interface Room {
  readonly rooms: readonly string[];
  readonly types?: readonly string[];
}

type Part = Readonly<Record<string, Room>>;

const COMPUTED = ['valuation', 'universes', 'membership', 'holds'];

/**
 * The rooms of each part, in the order in which work passes through them (docs/architecture.md). A room is a folder; the files beside the
 * folders are rooms of their own by name, or `door` where the part has one.
 */
const PARTS: Readonly<Record<string, Part>> = {
  'phases/cache-sync': {
    'task.ts': { rooms: [] },
    'hash-text.ts': { rooms: [] },
    'modes.ts': { rooms: ['task.ts'], types: ['universes'] },
    valuation: { rooms: [] },
    universes: { rooms: ['valuation'], types: ['task.ts'] },
    membership: { rooms: ['valuation', 'universes', 'modes.ts', 'hash-text.ts'], types: ['task.ts'] },
    holds: { rooms: ['valuation', 'universes', 'membership', 'hash-text.ts'] },
    projection: { rooms: ['valuation', 'universes', 'hash-text.ts'] },
    groups: { rooms: ['universes', 'projection'], types: ['valuation'] },
    settings: { rooms: ['projection'] },
    // Reads all that an evening needs, so it asks the rooms that own what is stored. Types of what it reads belong to the rooms that use it.
    input: {
      rooms: [...COMPUTED, 'projection', 'groups', 'settings', 'modes.ts', 'hash-text.ts'],
      types: ['units.ts'],
    },
    'compute-sync.ts': { rooms: COMPUTED, types: ['input', 'modes.ts'] },
    publish: { rooms: [...COMPUTED, 'projection', 'groups', 'input', 'compute-sync.ts', 'modes.ts', 'task.ts'] },
    replay: { rooms: ['universes', 'membership', 'holds', 'input', 'publish', 'modes.ts'], types: ['compute-sync.ts'] },
    // The lists of what decides: shipped, and of a host.
    'units.ts': { rooms: ['universes', 'holds', 'projection'] },
    'phase.ts': {
      rooms: ['universes', 'membership', 'holds', 'projection', 'input', 'publish', 'replay', 'modes.ts', 'units.ts'],
    },
  },
  'phases/import': {
    door: { rooms: ['sources'], types: ['rows'] },
    sources: { rooms: ['door', 'rows', 'csv', 'massive', 'screener', 'sample-market'] },
    // How values are read, the same for every source of files and of an API.
    rows: { rooms: [], types: ['door'] },
    csv: { rooms: ['rows'], types: ['door'] },
    massive: { rooms: ['rows'], types: ['door'] },
    screener: { rooms: ['rows'], types: ['door'] },
    'sample-market': { rooms: [], types: ['door'] },
  },
  'phases/indicators': {
    door: { rooms: ['formulas'] },
    formulas: { rooms: [], types: ['door'] },
  },
  'src/orchestrator': {
    door: { rooms: ['run', 'schedule', 'doctor'], types: ['load-jobs'] },
    run: { rooms: [] },
    'load-jobs': { rooms: [] },
    schedule: { rooms: [] },
    doctor: { rooms: ['door'], types: ['schedule'] },
  },
  'src/http': {
    door: { rooms: ['access', 'answers', 'bodies', 'openapi', 'routes'] },
    routes: { rooms: ['door', 'answers', 'bodies'] },
    answers: { rooms: ['bodies'], types: ['door'] },
    bodies: { rooms: [], types: ['door'] },
    access: { rooms: [] },
    openapi: { rooms: [] },
  },
  'src/db': {
    door: { rooms: ['migrations', 'tables'] },
    migrations: { rooms: ['door'] },
    tables: { rooms: ['door'] },
    embedded: { rooms: ['door'] },
  },
  'src/notify': {
    door: { rooms: ['causes'], types: [] },
    causes: { rooms: ['door'] },
    channels: { rooms: ['door'] },
  },
  'src/events': {
    // The relay sets the keys that the catalogue gives.
    door: { rooms: ['catalogue'] },
    catalogue: { rooms: ['door'] },
  },
};

/** Reading, writing and waiting: the database, files, the network, timers. The catalogue of events only declares them; renames and companies are matched in memory. */
const IO =
  /^(pg|kysely|ioredis|node:(fs|net|http|child_process|timers)(\/.*)?|src\/(db|securities(?!\/(renames\/match-renames|companies\/match-companies))|events(?!\/catalogue))\/.*)$/;

/** What decides a session, from figures that were read before: a preview and a replay compute as the evening does. */
const WITHOUT_IO = /^phases\/cache-sync\/(valuation\/|universes\/|holds\/gates\/|compute-sync\.ts|modes\.ts|task\.ts)/;

const IMPORTS = listSourceFiles('src', 'phases').flatMap((file) => readImports(file));

describe('the rooms', () => {
  for (const part of Object.keys(PARTS)) {
    it(`of ${part} are entered in their order`, () => {
      const inside = IMPORTS.filter(({ from }) => from.startsWith(`${part}/`));
      const unknown = [...new Set(inside.map(({ from }) => roomOf(part, from)))].filter((room) => !isRoom(part, room));

      expect(inside.length).to.be.above(0);
      expect(unknown).to.deep.equal([]);
      expect(inside.filter((found) => !isInOrder(part, found)).map(describeImport)).to.deep.equal([]);
    });
  }

  it('of cache sync that decide do no I/O', () => {
    const deciding = IMPORTS.filter(({ from }) => WITHOUT_IO.test(from));

    expect(deciding.length).to.be.above(50);
    expect(deciding.filter(({ to }) => IO.test(to)).map(describeImport)).to.deep.equal([]);
  });

  it('are refused to an import against the order, and to I/O', () => {
    const found = parseImports(
      'phases/cache-sync/valuation/rank.ts',
      `import { a } from '../input/read-sync.js';\nimport type { B } from '../universes/rule.js';\nimport type { PoolClient } from 'pg';`,
    );

    expect(found.filter((entry) => !isInOrder('phases/cache-sync', entry)).map(({ to }) => to)).to.deep.equal([
      'phases/cache-sync/input/read-sync.ts',
      'phases/cache-sync/universes/rule.ts',
    ]);
    expect(found.filter(({ from, to }) => WITHOUT_IO.test(from) && IO.test(to)).map(({ to }) => to)).to.deep.equal([
      'pg',
    ]);
  });

  it('give types to a room that may not have values', () => {
    const [value, type] = parseImports(
      'phases/cache-sync/modes.ts',
      `import { a } from './universes/banding.js';\nimport type { B } from './universes/rule.js';`,
    );

    expect(value && isInOrder('phases/cache-sync', value)).to.equal(false);
    expect(type && isInOrder('phases/cache-sync', type)).to.equal(true);
  });
});

function roomOf(part: string, file: string): string {
  const [first = '', ...rest] = file.slice(part.length + 1).split('/');
  return rest.length > 0 || !('door' in (PARTS[part] ?? {})) ? first : 'door';
}

function isRoom(part: string, room: string): boolean {
  return room in (PARTS[part] ?? {});
}

function isInOrder(part: string, { from, to, typeOnly }: Import): boolean {
  if (!to.startsWith(`${part}/`)) return true;
  const [own, target] = [roomOf(part, from), roomOf(part, to)];
  const allowed = PARTS[part]?.[own] ?? { rooms: [] };
  return own === target || allowed.rooms.includes(target) || (typeOnly && (allowed.types ?? []).includes(target));
}

function describeImport({ from, to, typeOnly }: Import): string {
  return `${from} imports ${to}${typeOnly ? ', types only' : ''}`;
}
