import { createReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { verifier, type VerifierError } from 'stream-json/utils/verifier.js';

/**
 * Where a file stops being JSON, for the message about it: `, in row 12 (NVDA), line 1`. Reads the file once more, up to there.
 *
 * Edges: empty where the place cannot be found: the file is not gzip, or is complete by now.
 */
export async function findFault(path: string): Promise<string> {
  let text = '';
  const bytes = createReadStream(path);
  try {
    await pipeline(
      bytes,
      path.endsWith('.gz') ? createGunzip() : new PassThrough(),
      async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          text += chunk.toString('latin1');
          yield chunk;
        }
      },
      verifier.asStream(),
    );
    return '';
  } catch (error) {
    const { offset, line } = error as Partial<VerifierError>;
    if (offset === undefined) return '';
    const symbols = [...text.slice(0, offset).matchAll(/"symbol"\s*:\s*"([^"]*)"?/g)];
    const last = symbols.at(-1)?.[1]?.trim();
    return last === undefined ? `, in line ${line}` : `, in row ${symbols.length} (${last}), line ${line}`;
  } finally {
    bytes.destroy();
  }
}
