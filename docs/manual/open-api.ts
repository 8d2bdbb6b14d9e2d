import { readFile } from 'node:fs/promises';

/** The part of `docs/openapi.json` that the manual shows. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  /** Absent where no key is needed. */
  readonly 'x-right'?: string;
}

export async function readOpenApi(): Promise<OpenApiDocument> {
  return JSON.parse(await readFile(new URL('../openapi.json', import.meta.url), 'utf8')) as OpenApiDocument;
}
