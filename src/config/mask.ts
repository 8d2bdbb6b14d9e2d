/**
 * Text in which the password of every address is `***`: `scheme://user:password@host` and `?password=`.
 *
 * Edges: the user part ends at the last `@`, because a password typed without percent-encoding may hold `@`, `/`, spaces, `?`;
 *        hiding too much of a strange address is the safe side.
 */
export function maskPassword(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^:@/\s]*:).*@/gis, '$1***@')
    .replace(/([?&](?:ssl)?password=)[^&\s]*/gi, '$1***');
}
