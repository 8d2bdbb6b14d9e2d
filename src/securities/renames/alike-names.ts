/** Words that say the form of a company or of a security, not which one it is. */
const FORM_WORDS = new Set(
  (
    'inc incorporated corp corporation company co ltd limited plc sa nv ag lp llc trust the of and holding holdings group class a b c ' +
    'common ordinary stock share shares american depositary receipt receipts adr ads each representing new par value ' +
    'acquisition capital partners series when issued'
  ).split(' '),
);

/** Whether the words that identify the company are the same in both, in any order. */
export function areNamesAlike(left: string | null, right: string | null): boolean {
  const ours = identifyingWords(left);
  return ours !== '' && ours === identifyingWords(right);
}

/** Sorted; empty: the name says nothing. */
export function identifyingWords(name: string | null): string {
  const words = (name ?? '').toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...new Set(words.filter((word) => !FORM_WORDS.has(word)))].sort().join(' ');
}
