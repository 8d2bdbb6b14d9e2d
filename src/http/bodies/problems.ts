import type { z } from 'zod';
import { PipelineError, type ErrorCode } from '../../index.js';

/** One problem of a request; `path` is for example `body.phases[1]`. */
export interface RequestProblem {
  readonly path: string;
  readonly message: string;
}

const SHOWN_LENGTH = 60;
const MAX_PROBLEMS = 50;

/** The issues of a part of the request (`body`, `querystring`, `params`); each unknown field is one problem. */
export function toProblems(part: string, issues: readonly z.core.$ZodIssue[]): RequestProblem[] {
  const where = part === 'querystring' ? 'query' : part;
  return issues.flatMap((issue) => {
    const path = [where, ...issue.path].reduce<string>(appendPath, '');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: appendPath(path, key), message: 'is not a known field' }));
    }
    return [{ path, message: `${lowerFirst(issue.message)}${describeInput(issue)}` }];
  });
}

/** @param what names what is refused in the message, for example `the request` */
export function invalidRequest(
  problems: readonly RequestProblem[],
  what = 'the request',
  code: ErrorCode = 'EOD_REQUEST_INVALID',
): PipelineError {
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return new PipelineError(code, `${what} is refused: ${first ? `${first.path} ${first.message}` : 'it'}${more}`, {
    hint: 'GET /docs describes every request',
    context: { problems: problems.slice(0, MAX_PROBLEMS) },
  });
}

function appendPath(path: string, part: PropertyKey): string {
  if (typeof part === 'number') return `${path}[${part}]`;
  const text = String(part);
  const shown = text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
  return path === '' ? shown : `${path}.${shown}`;
}

/** A message of zod as the continuation of a sentence that begins with the path. */
function lowerFirst(message: string): string {
  const text = message.replace(/^Invalid (input|option|string): /, '');
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The value found, unless the message already has it. */
function describeInput({ input, message }: z.core.$ZodIssue): string {
  if (input === undefined || typeof input === 'object' || /received|allowed:/.test(message)) return '';
  const found = JSON.stringify(input) ?? '';
  return `, found ${found.length > SHOWN_LENGTH ? `${found.slice(0, SHOWN_LENGTH)}…` : found}`;
}
