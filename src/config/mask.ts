/**
 * Replaces the password of every address by `***`: `scheme://user:password@host` and `?password=`.
 *
 * Edges: the user part ends at the last `@`, because a password without percent-encoding may contain `@`, `/`, spaces, `?`. In doubt too
 *        much is hidden, never too little.
 */
export function maskPassword(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^:@/\s]*:).*@/gis, '$1***@')
    .replace(/([?&](?:ssl)?password=)[^&\s]*/gi, '$1***');
}
