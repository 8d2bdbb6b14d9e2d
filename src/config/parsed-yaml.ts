import type { Values } from './layers.js';

/**
 * What the shipped files hold, by the SHA-256 (hex) of their text. Empty here: the build of the command fills it in (`rolldown.config.ts`), because
 * parsing 30 KB of YAML takes longer than everything else that a short command does. A changed file has another hash and is parsed.
 */
export const PARSED_YAML: ReadonlyMap<string, Values> = new Map();
