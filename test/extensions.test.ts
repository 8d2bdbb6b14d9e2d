import { expect } from 'chai';
import type { Gate, Pipeline, PipelineError, PipelineOptions, UniverseRule } from '../src/index.js';
import { createPipeline } from '../src/index.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { MONDAY, TUESDAY, writeListings } from './support/market.js';

const IDENTITY = { type: 'stock_universe', name: 'cheap', key: 'cheap_stocks' };

const cheap: UniverseRule = {
  id: 'cheap',
  version: 1,
  task: 'market_cap_recalculation',
  matchesUniverse: ({ name }) => name === IDENTITY.name,
  whenNotSelected: () => ({ reason: 'LIST_REMOVED', by: 'configuration' }),
  select: ({ stocks }) => [
    {
      ...IDENTITY,
      title: 'Cheap stocks',
      cacheType: 'complete',
      form: { kind: 'ticker-list' },
      policy: { rule: 'cheap' },
      members: stocks.filter(({ close }) => close !== null && close < 20),
      reasons: { added: 'CHEAP', removed: 'DEAR' },
      whenEmpty: 'allow',
    },
  ],
};

const few: Gate = {
  id: 'few',
  version: 1,
  check: ({ market }) => [
    {
      gate: 'few',
      status: market.stocks.length < 3 ? 'hold' : 'pass',
      universe: null,
      measured: market.stocks.length,
      threshold: 3,
      message: `${market.stocks.length} stocks, at least 3 are needed`,
    },
  ],
};

describe('extensions of a host', () => {
  let test: TestDatabase;
  let pipeline: Pipeline | undefined;

  beforeEach(async () => {
    test = await createTestDatabase();
    for (const session of [MONDAY, TUESDAY]) {
      await writeListings(test.database, session, [
        { symbol: 'LOW', shares: 1e9, close: 10 },
        { symbol: 'MID', shares: 1e9, close: 15 },
        { symbol: 'HIGH', shares: 1e9, close: 100 },
      ]);
    }
  });

  afterEach(async () => {
    await pipeline?.close();
    pipeline = undefined;
    await test.drop();
  });

  const open = async (options: PipelineOptions): Promise<Pipeline> => {
    await pipeline?.close();
    pipeline = await createPipeline({
      database: test.database.pool,
      config: { options: { import: { source: 'existing' } } },
      ...options,
    });
    return pipeline;
  };
  const refuse = (options: PipelineOptions): Promise<PipelineError> =>
    open(options).then(
      () => {
        throw new Error('it was opened');
      },
      (error: unknown) => error as PipelineError,
    );

  it('publish a universe of their rule, with its reasons, and are asked why', async () => {
    const opened = await open({ rules: [cheap] });

    const { status } = await opened.run({ session: MONDAY });

    expect(status).to.equal('completed');
    const { members } = await opened.history.universe('cheap_stocks');
    expect(members.map(({ symbol }) => symbol)).to.deep.equal(['MID', 'LOW']);
    const { rows } = await test.database.pool.query<{ value: unknown }>(
      `select value from cache_entries where key = 'cheap_stocks'`,
    );
    expect(rows).to.deep.equal([{ value: ['MID', 'LOW'] }]);
  });

  it('hold a session by their gate', async () => {
    const opened = await open({
      gates: [{ ...few, check: (facts) => few.check(facts).map((found) => ({ ...found, status: 'hold' })) }],
    });

    const { status, phases } = await opened.run({ session: MONDAY });

    expect(status).to.equal('completed_with_holds');
    expect(JSON.stringify(phases)).to.contain('at least 3 are needed');
  });

  it('compute their indicator beside the shipped ones', async () => {
    const last = {
      type: 'last_close',
      minimumBars: 1,
      lookback: 1,
      compute: (closes: Float64Array) => closes.at(-1) ?? 0,
    };
    const opened = await open({ formulas: [last] });

    await opened.run({ session: TUESDAY });

    const { rows } = await test.database.pool.query<{ symbol: string; value: string }>(
      `select symbol, value_data ->> 'value' as value from daily_indicators where indicator_type = 'last_close' order by symbol`,
    );
    expect(rows.map(({ symbol, value }) => [symbol, Number(value)])).to.deep.equal([
      ['HIGH', 100],
      ['LOW', 10],
      ['MID', 15],
    ]);
  });

  it('compute a session again when their rule decides differently', async () => {
    const opened = await open({ rules: [cheap] });
    await opened.run({ session: MONDAY });
    const changed = await open({
      rules: [
        {
          ...cheap,
          version: 2,
          select: (market, config) =>
            cheap.select(market, config).map((universe) => ({ ...universe, members: universe.members.slice(1) })),
        },
      ],
    });

    await changed.run({ session: MONDAY });

    const { members } = await changed.history.universe('cheap_stocks');
    expect(members.map(({ symbol }) => symbol)).to.deep.equal(['LOW']);
  });

  it('hold a universe whose rule is gone until a person confirms that it ends', async () => {
    const opened = await open({ rules: [cheap] });
    await opened.run({ session: MONDAY });
    const without = await open({});

    const { status } = await without.run({ session: TUESDAY });

    expect(status).to.equal('completed_with_holds');
    const { members } = await without.history.universe('cheap_stocks');
    expect(members.map(({ symbol }) => symbol)).to.deep.equal(['MID', 'LOW']);
    const { rows } = await test.database.pool.query('select * from pipeline.hold');
    expect(JSON.stringify(rows)).to.contain('no rule selects cheap_stocks any more');
  });

  it('fail by name, and publish nothing, when they throw', async () => {
    const opened = await open({
      rules: [
        {
          ...cheap,
          select: () => {
            throw new Error('no such list');
          },
        },
      ],
    });

    const { status, error } = await opened.run({ session: MONDAY });

    expect(status).to.equal('failed');
    expect(error?.message).to.contain('the rule "cheap" failed: no such list');
    const { rows } = await test.database.pool.query('select key from cache_entries');
    expect(rows).to.deep.equal([]);
  });

  it('are refused with every problem at once', async () => {
    const refusal = await refuse({
      rules: [cheap, { ...cheap }, { ...cheap, id: 'bands' }, { id: 'half' } as unknown as UniverseRule],
      gates: [{ ...few, version: 0 }],
      formulas: [
        { type: 'sma_20', minimumBars: 20, lookback: 20, compute: () => 1 },
        { type: 'x', minimumBars: 9999, lookback: 1, compute: () => 1 },
      ],
      sources: [{}] as never,
      layouts: 'none' as never,
    });

    expect(refusal).to.include({ code: 'EOD_CONFIG_INVALID' });
    expect(refusal.context['problems']).to.deep.equal([
      'sources[0] has no valid prototype',
      'rules[1] is named "cheap", as another one is',
      'rules[2] is named "bands", as another one is',
      'rules[3] has no valid version, task, matchesUniverse, whenNotSelected, select',
      'gates[0] has no valid version',
      'layouts is not a list',
      'formulas[0] is named "sma_20", as another one is',
      'formulas[1] has no valid minimumBars',
    ]);
  });
});
