/**
 * One pattern for a list of words: whole words, any case; a space or a sign may be part of a word. Null for an empty list, which matches
 * nothing.
 *
 * Whole means without a letter a-z or a digit beside it, so that `C++` and `T-Bill` are words too, which `\b` would not match.
 */
export function toWordPattern(words: readonly string[]): RegExp | null {
  if (words.length === 0) return null;
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`(?<![a-z0-9])(?:${escaped.join('|')})(?![a-z0-9])`, 'i');
}
