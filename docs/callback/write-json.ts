/** Closing brackets may exceed it slightly. */
const WIDTH = 124;

/**
 * JSON for people: as much on a line as fits, brackets beside their content.
 *
 * @param taken characters of the first line before it: indentation and key
 */
export function writeJson(value: unknown, indent = 0, taken = indent): string {
  const short = writeShort(value);
  if (taken + short.length <= WIDTH || value === null || typeof value !== 'object') return short;
  const inner = indent + 2;
  const entries = Array.isArray(value)
    ? value.map((entry: unknown) => writeJson(entry, inner))
    : Object.entries(value).map(([key, entry]) => {
        const label = `${JSON.stringify(key)}: `;
        return label + writeJson(entry, inner, inner + label.length);
      });
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const lines = fillLines(entries, WIDTH - inner, taken - indent);
  return `${open} ${lines.join(`\n${' '.repeat(inner)}`)} ${close}`;
}

function writeShort(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeShort).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, entry]) => `${JSON.stringify(key)}: ${writeShort(entry)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/** A value of several lines has its lines to itself. */
function fillLines(entries: readonly string[], width: number, takenOfFirst: number): string[] {
  const lines: string[] = [];
  let line = '';
  const endLine = (): void => {
    if (line !== '') lines.push(line);
    line = '';
  };
  for (const [index, entry] of entries.entries()) {
    const text = index < entries.length - 1 ? `${entry},` : entry;
    const room = lines.length === 0 ? width - takenOfFirst : width;
    if (line.length + 1 + text.length > room || text.includes('\n')) endLine();
    line = line === '' ? text : `${line} ${text}`;
    if (text.includes('\n')) endLine();
  }
  endLine();
  return lines;
}
