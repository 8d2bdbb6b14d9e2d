import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PipelineError } from 'tickstock-daily';

/** @typedef {import('tickstock-daily').MarketSource} MarketSource */

/**
 * A source: `DIR/SESSION.ndjson`, a line for each security. `tickstock run --extend ./examples/extensions --source json-lines --dir DIR`
 *
 * @implements {MarketSource}
 */
class JsonLines {
  id = 'json-lines';
  title = 'JSON lines';

  /** @param {import('tickstock-daily').SourceParts} parts */
  constructor({ config }) {
    this.dir = config.import.dir ?? '.';
  }

  /** @param {import('tickstock-daily').SessionDate} session */
  async assertAvailable(session) {
    const path = join(this.dir, `${session}.ndjson`);
    if (existsSync(path)) return;
    throw new PipelineError('EOD_SOURCE_MISSING', `there is no ${path}`, { hint: 'write it, or correct --dir' });
  }

  /**
   * @param {import('tickstock-daily').SourceRequest} request
   * @returns {Promise<import('tickstock-daily').SourceFeed>}
   */
  async open({ session }) {
    await this.assertAvailable(session);
    return { kind: 'rows', rows: this.read(session) };
  }

  /**
   * @param {import('tickstock-daily').SessionDate} session
   * @returns {AsyncGenerator<import('tickstock-daily').SourceRow>}
   */
  async *read(session) {
    const origin = `${session}.ndjson`;
    let rowNumber = 0;
    for await (const raw of createInterface({ input: createReadStream(join(this.dir, origin)) })) {
      rowNumber += 1;
      const { symbol, name, sector, close, volume, shares } = JSON.parse(raw);
      if (!(close > 0)) {
        const detail = `close is ${close}; allowed is a price above zero`;
        yield { rejected: { origin, rowNumber, symbol, raw, reason: 'PRICE_INVALID', detail } };
        continue;
      }
      yield {
        listing: {
          origin,
          rowNumber,
          symbol: {
            symbol,
            name,
            exchange: null,
            type: 'CS',
            active: true,
            marketCapUsd: null,
            sharesOutstanding: shares,
            sector,
            industry: null,
            country: null,
            listDate: null,
            delistedDate: null,
            etf: null,
          },
          bar: { symbol, date: session, open: null, high: null, low: null, close, volume },
        },
      };
    }
  }
}

export const sources = [JsonLines];
