import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import chain from 'stream-chain';
import { parser } from 'stream-json';
import { streamArray } from 'stream-json/streamers/stream-array.js';
import { PipelineError } from '../../../src/core/errors.js';
import type { SessionDate } from '../../../src/core/session.js';
import { findFault } from '../screener/find-fault.js';
import { parseScreenerRow } from '../screener/screener-row.js';
import type { MarketSource, SourceFeed, SourceParts, SourceRequest, SourceRow } from '../source.js';

const SESSION_FOLDER = /^\d{4}-\d{2}-\d{2}$/;

const UNREADABLE = new Set(['EACCES', 'EPERM', 'EISDIR', 'EIO', 'EMFILE']);

/**
 * Snapshots of the NASDAQ stock screener: `DIR/YYYY-MM-DD/{nasdaq,nyse,amex}.json` or `.json.gz`.
 *
 * All configured exchanges are required: a missing file would look like a few thousand delistings. Files are streamed, one after the other,
 * in constant memory.
 */
export class ScreenerSource implements MarketSource {
  readonly id = 'screener';
  readonly title = 'NASDAQ screener files';
  readonly publishesAt = '20:20';

  constructor(private readonly parts: SourceParts) {}

  async assertAvailable(session: SessionDate): Promise<void> {
    await this.findFiles(session);
  }

  async open(request: SourceRequest): Promise<SourceFeed> {
    const files = await this.findFiles(request.session);
    return { kind: 'rows', rows: this.readFiles(files, request) };
  }

  private async *readFiles(files: readonly ExchangeFile[], request: SourceRequest): AsyncGenerator<SourceRow> {
    for (const file of files) {
      let rowNumber = 0;
      for await (const raw of readJsonArray(file.path, request.signal)) {
        rowNumber += 1;
        yield parseScreenerRow(raw, {
          origin: file.origin,
          rowNumber,
          exchange: file.exchange.toUpperCase(),
          session: request.session,
          maxPriceUsd: this.parts.config.import.maxPriceUsd,
        });
      }
      if (rowNumber === 0) {
        throw new PipelineError('EOD_SOURCE_INVALID', `${file.path} has no rows`, {
          hint: 'fetch the file again; nothing of this session was imported',
        });
      }
    }
  }

  private async findFiles(session: SessionDate): Promise<ExchangeFile[]> {
    const folder = await this.findFolder(session);
    const present = new Set(await readdir(folder));
    const { exchanges } = this.parts.config.import;
    const files = exchanges.map((exchange) => {
      const name = [`${exchange}.json`, `${exchange}.json.gz`].find((candidate) => present.has(candidate));
      return { exchange, name };
    });
    const missing = files.filter((file) => file.name === undefined).map((file) => file.exchange);
    if (missing.length > 0) {
      throw new PipelineError('EOD_SOURCE_MISSING', `${folder} has no file for ${missing.join(', ')}`, {
        hint: `fetch it, or list only the exchanges you follow in import.exchanges (now ${exchanges.join(', ')})`,
      });
    }
    return files.map(({ exchange, name = '' }) => ({ exchange, origin: name, path: join(folder, name) }));
  }

  /** The folder of the session under `import.dir`, which may also be given directly. */
  private async findFolder(session: SessionDate): Promise<string> {
    const { dir } = this.parts.config.import;
    if (dir === undefined) {
      throw new PipelineError('EOD_SOURCE_MISSING', 'the screener source needs a folder', {
        hint: 'add --dir PATH with the folder that holds one folder per session, YYYY-MM-DD',
      });
    }
    await assertFolder(dir, 'check --dir');
    const own = basename(dir);
    if (SESSION_FOLDER.test(own)) {
      if (own === session) return dir;
      throw new PipelineError('EOD_SOURCE_MISMATCH', `${dir} is the folder of ${own}, the session is ${session}`, {
        hint: `add --session ${own}, or name the folder above it`,
      });
    }
    const folder = join(dir, session);
    await assertFolder(folder, await this.suggestSession(dir, session));
    return folder;
  }

  private async suggestSession(dir: string, session: SessionDate): Promise<string> {
    const sessions = (await readdir(dir)).filter((name) => SESSION_FOLDER.test(name)).toSorted();
    const nearest = sessions.findLast((name) => name <= session) ?? sessions[0];
    return nearest === undefined
      ? 'it must contain one folder per session, YYYY-MM-DD'
      : `it has ${sessions.length} sessions, ${sessions[0]} to ${sessions.at(-1)}; nearest: --session ${nearest}`;
  }
}

interface ExchangeFile {
  readonly exchange: string;
  readonly origin: string;
  readonly path: string;
}

async function assertFolder(path: string, hint: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return;
  throw new PipelineError('EOD_SOURCE_MISSING', `there is no folder ${path}`, { hint });
}

/** @throws EOD_SOURCE_INVALID when the file is not a complete JSON array, or not complete gzip */
async function* readJsonArray(path: string, signal: AbortSignal): AsyncGenerator {
  const bytes = createReadStream(path, { signal });
  const steps = path.endsWith('.gz') ? [bytes, createGunzip()] : [bytes];
  const rows = chain([...steps, parser({ streamValues: false }), streamArray()]) as Readable;
  try {
    for await (const { value } of rows as AsyncIterable<{ value: unknown }>) yield value;
  } catch (error) {
    if (signal.aborted) throw error;
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (UNREADABLE.has(code)) {
      throw new PipelineError('EOD_SOURCE_INVALID', `${path} cannot be read: ${message}`, {
        hint: 'make it readable for this user; nothing of this session was imported',
        cause: error,
      });
    }
    const place = await findFault(path);
    throw new PipelineError('EOD_SOURCE_INVALID', `${path} is not a complete JSON array${place}: ${message}`, {
      hint: 'fetch the file again; nothing of this session was imported',
      cause: error,
    });
  } finally {
    bytes.destroy();
  }
}
