/**
 * A value in the form that a `jsonb` column accepts: `jsonb` refuses the NUL character and half a surrogate pair, both of which a damaged
 * file may bring into an error message. They are replaced by U+FFFD, so that the result of a run can always be stored.
 */
export function toJsonb(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? toStorableText(part) : part));
}

/** Text in the form that a `text` column accepts, with the same replacements as for `jsonb`. */
export function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
