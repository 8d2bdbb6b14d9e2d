import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../bench/support/programs.js';

export const DOCUMENT = join(ROOT, 'docs/TickStockAppV2_integration_callback.md');
export const TEMPLATE = join(ROOT, 'docs/callback/template.md');

/** Requests, answers and messages in a document. */
export interface ShownParts {
  readonly exchanges: readonly ShownExchange[];
  readonly events: readonly { readonly name: string; readonly payload: Readonly<Record<string, unknown>> }[];
  /** The table of channels: one line each. */
  readonly channels: readonly string[];
  /** Snippets of Python. */
  readonly python: readonly string[];
  /** The text between the markers; empty before the first measurement. */
  readonly measured: string;
}

interface ShownExchange {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly request: unknown;
  readonly answer: unknown;
}

export async function readDocument(): Promise<string> {
  return readFile(DOCUMENT, 'utf8');
}

/** @throws SyntaxError when a block is not JSON */
export function parseDocument(text: string): ShownParts {
  const exchanges = [...text.matchAll(/<!-- exchange: (.+?) -->\n```text\n([\s\S]*?)\n```/g)];
  const events = [...text.matchAll(/<!-- event: (\S+) -->\n```json\n([\s\S]*?)\n```/g)];
  return {
    exchanges: exchanges.map(([, name = '', block = '']) => ({ name, ...parseExchange(block) })),
    events: events.map(([, name = '', json = '']) => ({ name, payload: JSON.parse(json) as Record<string, unknown> })),
    channels: [...text.matchAll(/^\| `\w+` *\| `tickstock:.*\|$/gm)].map(([line]) => line.replace(/ +/g, ' ')),
    python: [...text.matchAll(/```python\n([\s\S]*?)\n```/g)].map(([, code = '']) => code),
    measured: /<!-- measured -->\n([\s\S]*?)\n<!-- \/measured -->/.exec(text)?.[1] ?? '',
  };
}

function parseExchange(block: string): Omit<ShownExchange, 'name'> {
  const found = /^(\w+) (\S+)\n(?:X-API-Key: .*\n)?([\s\S]*?)\n(\d{3}) [^\n]*\n([\s\S]*)$/.exec(block);
  if (!found) throw new SyntaxError(`not an exchange: ${block.slice(0, 80)}`);
  const [, method = '', path = '', body = '', status = '', answer = ''] = found;
  const request: unknown = body.trim() === '' ? undefined : JSON.parse(body);
  return { method, path, status: Number(status), request, answer: JSON.parse(answer) };
}
