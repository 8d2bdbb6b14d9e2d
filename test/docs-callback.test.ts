import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from '../src/http/index.js';
import { CONTRACT } from '../docs/callback/render.js';
import { createPipeline } from '../src/index.js';
import { compareParts } from '../docs/callback/compare.js';
import { parseDocument, readDocument, type ShownParts } from '../docs/callback/document.js';
import { Normaliser } from '../docs/callback/normalise.js';
import { compilePython } from '../docs/callback/python.js';
import { shorten } from '../docs/callback/shorten.js';
import { writeJson } from '../docs/callback/write-json.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';

describe('the hand-over document', () => {
  let test: TestDatabase;
  let text: string;
  let shown: ShownParts;

  before(async () => {
    test = await createTestDatabase();
    text = await readDocument();
    shown = parseDocument(text);
  });

  after(() => test.drop());

  it('shows a request and an answer of every route that the contract has', async () => {
    const pipeline = await createPipeline({ database: test.database.pool });
    const server = await createServer(pipeline);
    await server.ready();
    const { paths = {} } = server.swagger();
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods ?? {}).map((method) => `${method.toUpperCase()} ${path}`),
    );
    await server.close();
    await pipeline.close();

    const ofContract = routes.filter((route) => / (\/health|\/api\/processing\/.*)$/.test(route));
    const answered = shown.exchanges.filter(({ status }) => status < 300);
    const missing = ofContract.filter((route) => !answered.some((exchange) => isOf(exchange, route)));
    // Section 3 of the contract: 13 rows, one of them with two methods.
    expect(ofContract).to.have.lengthOf(14);
    expect(missing).to.deep.equal([]);
  });

  it('shows what callers are refused with', () => {
    const refused = shown.exchanges.filter(({ status }) => status >= 400);

    expect(new Set(refused.map(({ status }) => status))).to.deep.equal(new Set([400, 401, 404, 409]));
    for (const { name, answer } of refused) {
      expect(answer, name).to.include({ success: false }).and.include.keys('code', 'message', 'hint');
    }
  });

  it('lists every channel and shows a payload of every event, as the catalogue has them', () => {
    expect(shown.events.map(({ name }) => name)).to.deep.equal(CONTRACT.map(({ event }) => event));
    expect(shown.channels).to.have.lengthOf(CONTRACT.length);
    for (const [index, { event, channels, payload }] of CONTRACT.entries()) {
      for (const channel of channels) expect(shown.channels[index], event).to.include(`\`${channel}\``);
      expect(payload.safeParse(shown.events[index]?.payload).error?.issues, event).to.equal(undefined);
    }
  });

  it('took every payload from a run, but of what no run sends', () => {
    const notes = text.split('\n').filter((line) => line.includes('the example of the catalogue'));

    expect(notes.map((line) => line.slice(0, line.indexOf(' on ')))).to.deep.equal(['**`session_verdict`**']);
  });

  it('holds Python that compiles', async function () {
    const problems = await compilePython(shown.python);
    if (problems === null) this.skip();

    expect(shown.python).to.have.lengthOf.at.least(3);
    expect(problems).to.deep.equal([]);
  });

  it('ticks nothing without the command that shows it, of scripts and files that are there', () => {
    const ticks = text.split('\n').filter((line) => /^- \[[x ]\]/.test(line));
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

    expect(ticks).to.have.lengthOf.at.least(20);
    for (const tick of ticks) expect(tick).to.match(/: `[^`]+`/);
    for (const [, file = ''] of text.matchAll(/npx mocha (\S+?)`/g)) expect(existsSync(file), file).to.equal(true);
    for (const [, script = ''] of text.matchAll(/npm run ([\w:-]+)/g)) expect(scripts).to.include.keys(script);
  });

  it('would be found out of date when a field were gone, new, or of another type', () => {
    const [first, ...others] = shown.events;
    const changed = (payload: Record<string, unknown>): string[] =>
      compareParts(shown, { ...shown, events: [{ name: first?.name ?? '', payload }, ...others] });
    const { run_id: _, ...rest } = first?.payload ?? {};

    expect(changed({ ...first?.payload })).to.deep.equal([]);
    expect(changed({ ...first?.payload, session: '2031-01-02' })).to.deep.equal([]);
    expect(changed({ ...first?.payload, total_symbols: null })).to.deep.equal([]);
    expect(changed(rest)).to.have.lengthOf(1);
    expect(changed({ ...first?.payload, further: 1 })).to.have.lengthOf(1);
    expect(changed({ ...first?.payload, total_symbols: '4677' })).to.have.lengthOf(1);
  });

  it('says nothing of the machine it was made on', () => {
    expect(text).not.to.match(/\/(work|root|home|tmp)\//);
    expect(text).not.to.match(/127\.0\.0\.1:(?!8080)\d/);
  });
});

describe('a block of the hand-over document', () => {
  it('is shortened where lists are long, and says by how much', () => {
    const short = shorten({
      few: ['A', 'B', 'C', 'D'],
      many: ['A', 'B', 'C', 'D', 'E'],
      runs: [{ id: 1 }, { id: 2 }, { id: 3 }],
    });
    const counts = shorten({ by_universe: { mega: 1, large: 2, mid: 3, small: 4, micro: 5 } });

    expect(short).to.deep.equal({
      few: ['A', 'B', 'C', 'D'],
      many: ['A', 'B', 'C', '… 2 more'],
      runs: [{ id: 1 }, '… 2 more'],
    });
    expect(counts).to.deep.equal({ by_universe: { mega: 1, large: 2, mid: 3, '… 2 more': 9 } });
  });

  it('is the same whenever and wherever it was captured, and keeps the form of its values', () => {
    const capture = (run: string, event: string, minute: string, host: string) => ({
      run_id: run,
      event_id: event,
      message: `run ${run} by ${host}, since 2026-06-30T20:3${minute}:10Z`,
      start_time: `2026-06-30T20:3${minute}:10.123Z`,
      duration_seconds: Number(minute) + 0.5,
      eta_seconds: 0,
      total: 42,
    });
    const [run, event] = ['aaaaaaaa-1111-4222-8333-444444444444', 'bbbbbbbb-1111-4222-8333-444444444444'];
    const [otherRun, otherEvent] = ['cccccccc-1111-4222-8333-444444444444', 'dddddddd-1111-4222-8333-444444444444'];

    const first = new Normaliser(new Set([event])).value(capture(run, event, '1', 'vm-7:812'));
    const second = new Normaliser(new Set([otherEvent])).value(capture(otherRun, otherEvent, '4', 'db.example:31337'));

    expect(first).to.deep.equal(second);
    expect(first).to.deep.equal({
      run_id: 'a0000000-0000-4000-8000-000000000001',
      event_id: 'e0000000-0000-4000-8000-000000000001',
      message: 'run a0000000-0000-4000-8000-000000000001 by host:4711, since 2026-06-30T20:30:00Z',
      start_time: '2026-06-30T20:30:00.000Z',
      duration_seconds: 0.42,
      eta_seconds: 0,
      total: 42,
    });
  });

  it('is JSON that says the same, in lines of at most 128 characters where its values let it', () => {
    const value = {
      empty: {},
      none: [],
      names: Array.from({ length: 40 }, (_, index) => `S${index}`),
      deep: [{ a: [{ b: null }] }],
    };

    const text = writeJson({ value, again: [value, value] });

    expect(JSON.parse(text)).to.deep.equal({ value, again: [value, value] });
    expect(Math.max(...text.split('\n').map((line) => line.length))).to.be.at.most(128);
  });
});

/** `/status/{job_id}` of the description is any id of the document; parameters after `?` do not count. */
function isOf({ method, path }: ShownParts['exchanges'][number], route: string): boolean {
  const [, name = ''] = route.split(' ');
  const pattern = new RegExp(`^${name.replace(/\{\w+\}/g, '[^/]+')}$`);
  return route.startsWith(`${method} `) && pattern.test(path.replace(/\?.*/, ''));
}
