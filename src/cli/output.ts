import { styleText } from 'node:util';
import { formatCount, formatCounted } from '../core/format-count.js';
import { formatUsd } from '../core/format-usd.js';
import { toSnakeCase } from '../core/snake-case.js';
import type { CliExtensions } from './extensions.js';

export { formatCount, formatCounted, formatUsd };

/** Output streams of a command. Results go to `out`; progress and messages for people go to `err`, so that `--json` can be piped. */
export interface Terminal {
  readonly out: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Fires on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Of --extend. */
  readonly extensions?: CliExtensions;
  /** Extends the time the work has to stop after the signal, when the default is too short. */
  stopWithin(milliseconds: number): void;
}

export function hasColor(terminal: Terminal, stream: Terminal['out']): boolean {
  return stream.isTTY === true && !terminal.environment['NO_COLOR'] && terminal.environment['TERM'] !== 'dumb';
}

export function writeLine(stream: NodeJS.WritableStream, text = ''): void {
  stream.write(`${text}\n`);
}

/** What `--json` prints: names in snake case, as the HTTP API has them. */
export function writeJson(terminal: Terminal, value: unknown): void {
  writeLine(terminal.out, JSON.stringify(toSnakeCase(value), null, 2));
}

export function bold(text: string, color: boolean): string {
  return color ? styleText('bold', text, { validateStream: false }) : text;
}

export function dim(text: string, color: boolean): string {
  return color ? styleText('dim', text, { validateStream: false }) : text;
}

/** `+3 −1`, or nothing where nothing changed. */
export function formatChange(added: number, removed: number): string {
  return [added > 0 ? `+${formatCount(added)}` : '', removed > 0 ? `−${formatCount(removed)}` : ''].join(' ').trim();
}

/** An instant in table rows and messages, `2026-06-30 20:15:03Z`: log time, always UTC. */
export function formatInstant(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}Z`;
}
