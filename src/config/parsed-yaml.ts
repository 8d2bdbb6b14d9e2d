import type { Values } from './layers.js';

/**
 * The parsed content of the shipped files, by the SHA-256 (hex) of their text. Empty here: the build of the command fills it
 * (`rolldown.config.ts`), because parsing 30 KB of YAML takes longer than the rest of a short command. A changed file has another hash and
 * is parsed.
 */
export const PARSED_YAML: ReadonlyMap<string, Values> = new Map();
