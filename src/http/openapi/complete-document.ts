import { STATUS_CODES } from 'node:http';
import { EXAMPLES, REFUSAL } from './examples.js';
import type { OperationExample } from './operation-example.js';

interface MediaType {
  example?: unknown;
}
interface Response {
  description?: string;
  readonly content?: Record<string, MediaType>;
}
interface Operation {
  readonly operationId?: string;
  readonly parameters?: { readonly name: string; example?: unknown }[];
  readonly requestBody?: { readonly content: Record<string, MediaType> };
  readonly responses: Record<string, Response>;
}

/** What @fastify/swagger writes where a response has no description. */
const NO_DESCRIPTION = 'Default Response';

/** Adds the recorded examples and the descriptions of the statuses to a generated OpenAPI document. */
export function completeDocument<Document extends object>(document: Document): Document {
  const { paths = {} } = document as { readonly paths?: Record<string, Record<string, Operation>> };
  for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods))) {
    describeStatuses(operation);
    const example = EXAMPLES[operation.operationId ?? ''];
    if (example !== undefined) addExample(operation, example);
  }
  return document;
}

function describeStatuses({ responses }: Operation): void {
  for (const [status, response] of Object.entries(responses)) {
    if (response.description === NO_DESCRIPTION) response.description = STATUS_CODES[status] ?? status;
  }
}

function addExample({ parameters = [], requestBody, responses }: Operation, example: OperationExample): void {
  for (const parameter of parameters) {
    const value = example.parameters?.[parameter.name];
    if (value !== undefined) parameter.example = value;
  }
  setExample(requestBody?.content, example.body);
  setExample(responses[example.status]?.content, example.answer);
  setExample(responses['4XX']?.content, REFUSAL);
}

function setExample(content: Record<string, MediaType> | undefined, value: unknown): void {
  if (value === undefined) return;
  for (const media of Object.values(content ?? {})) media.example = value;
}
