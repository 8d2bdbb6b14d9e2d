import type { z } from 'zod';
import { PipelineError, type ErrorCode } from '../../index.js';

/** One thing that is wrong with a request: where, as `body.phases[1]`, and what. */
export interface RequestProblem {
  readonly path: string;
  readonly message: string;
}

const SHOWN_LENGTH = 60;
const MAX_PROBLEMS = 50;

/** Every issue of a part of the request (`body`, `querystring`, `params`), unknown fields one by one. */
export function toProblems(part: string, issues: readonly z.core.$ZodIssue[]): RequestProblem[] {
  const where = part === 'querystring' ? 'query' : part;
  return issues.flatMap((issue) => {
    const path = [where, ...issue.path].reduce<string>(appendPath, '');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: appendPath(path, key), message: 'is not known here' }));
    }
    return [{ path, message: `${lowerFirst(issue.message)}${describeInput(issue)}` }];
  });
}

/** @param what what was refused, for people: `the request` */
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

/** zod's sentences as the rest of one that begins with the path. */
function lowerFirst(message: string): string {
  const text = message.replace(/^Invalid (input|option|string): /, '');
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** What was found, where the message does not say it already. */
function describeInput({ input, message }: z.core.$ZodIssue): string {
  if (input === undefined || typeof input === 'object' || /received|allowed:/.test(message)) return '';
  const found = JSON.stringify(input) ?? '';
  return `, found ${found.length > SHOWN_LENGTH ? `${found.slice(0, SHOWN_LENGTH)}…` : found}`;
}
