import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { themesFileSchema } from '../../src/config/schema/index.js';

/** The theme keys that TickStockAppV2 reads. */
const CONTRACT_KEYS =
  `ai biotech cloud crypto cybersecurity ev fintech marijuana quantum robotics semi space ai_ml_leaders
  biotech_innovators cloud_computing crypto_blockchain dividend_aristocrats esg_leaders fintech_disruptors green_energy
  technology_leaders`.split(/\s+/);

const text = readFileSync(new URL('../../config/themes.yaml', import.meta.url), 'utf8');
const { themes } = themesFileSchema.parse(parse(text));

const screener = new URL('../../../shared/data/us-screener/2026-06-30/', import.meta.url);
const itOnRealFiles = existsSync(screener) ? it : it.skip;

describe('config/themes.yaml', () => {
  it('has exactly the themes that the consumer reads', () => {
    expect(themes.map((theme) => theme.key)).to.have.members(CONTRACT_KEYS);
  });

  it('lists 10 symbols or more in each theme, none twice', () => {
    for (const { key, symbols } of themes) {
      expect(symbols.length, key).to.be.at.least(10);
      expect(new Set(symbols).size, key).to.equal(symbols.length);
    }
  });

  it('has the 69 dividend aristocrats of 2025', () => {
    const aristocrats = themes.find((theme) => theme.key === 'dividend_aristocrats')?.symbols;

    expect(aristocrats).to.have.lengthOf(69).and.include.members(['BF/B', 'ERIE', 'ES', 'FDS', 'KO', 'O']);
    expect(aristocrats).to.not.include.members(['MMM']).and.not.include.members(['WBA']);
  });

  it('quotes every ticker that a YAML 1.1 reader would take for something else', () => {
    const old = themesFileSchema.parse(parse(text, { version: '1.1' }));

    expect(old.themes).to.deep.equal(themes);
  });

  it('takes nobody in by a rule without a minimum market cap, and has room for all who are listed', () => {
    for (const { key, rules, symbols, pins, maxSize } of themes) {
      const caps = [...(rules?.any ?? []), ...(rules?.all ?? [])].map(({ minCapUsd }) => minCapUsd ?? 0);
      if (rules) expect(Math.min(...caps), key).to.be.at.least(50e6);
      expect(maxSize ?? Infinity, key).to.be.above(symbols.length + pins.length);
    }
  });

  itOnRealFiles('names symbols of the feed of 2026-06-30, 95 in 100 or more (skipped without ../shared)', () => {
    const feed = new Set(
      ['nasdaq', 'nyse', 'amex'].flatMap((exchange) => {
        const file = gunzipSync(readFileSync(new URL(`${exchange}.json.gz`, screener)));
        return (JSON.parse(file.toString('utf8')) as { symbol: string }[]).map((row) => row.symbol.trim());
      }),
    );
    const symbols = [...new Set(themes.flatMap((theme) => theme.symbols))];

    const missing = symbols.filter((symbol) => !feed.has(symbol));

    expect(missing.length / symbols.length, missing.join(' ')).to.be.at.most(0.05);
  });
});
