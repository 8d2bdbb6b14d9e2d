/** Words that must not return: plain technical English names the subject and what it does. */
const WORDS = [
  'nobody',
  'somebody',
  'whoever',
  'anew',
  'is told',
  'tells',
  'held against',
  'comes to',
  'goes on',
  'gone through',
];

const PATTERN = new RegExp(`\\b(${WORDS.join('|')})\\b`, 'gi');

/** The user id of minimal systems, and variables that hold it. */
const NAMES = /[`'.]nobody\b|\bconst nobody\b/g;

/** Each occurrence of the words in a text as `file:line: word`. */
export function findWords(file: string, text: string): string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      [...line.replaceAll(NAMES, '').matchAll(PATTERN)].map(([word]) => `${file}:${index + 1}: ${word}`),
    );
}
