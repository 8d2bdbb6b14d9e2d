import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { createServer } from '../../src/http/index.js';
import { createPipeline } from '../../src/index.js';

export const DOCUMENT = fileURLToPath(new URL('../openapi.json', import.meta.url));
export const EXAMPLES = fileURLToPath(new URL('../../src/http/openapi/examples.ts', import.meta.url));

/** The document as a service of this build serves it. The pool is never connected: routes are registered and not called. */
export async function generateDocument(): Promise<object> {
  const pool = new pg.Pool({ max: 4 });
  const pipeline = await createPipeline({ database: pool, schema: 'leave' });
  const server = await createServer(pipeline);
  try {
    await server.ready();
    return server.swagger();
  } finally {
    await server.close();
    await pipeline.close();
    await pool.end();
  }
}

export function writeDocument(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** The committed text. */
export async function readDocument(): Promise<string> {
  return readFile(DOCUMENT, 'utf8');
}
