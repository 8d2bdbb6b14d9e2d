/**
 * A value as a `jsonb` column takes it: that refuses the NUL character and half a surrogate pair, both of which a file that is not what it
 * seems may bring into an error's message. They become U+FFFD, the replacement character: how a run ended must not fail to be stored.
 */
export function toJsonb(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? toStorableText(part) : part));
}

/** Text as a `text` column takes it: what it refuses is what `jsonb` refuses. */
export function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
