const WIDTH = 128;

/** JSON for people: as much on a line as has room, brackets beside what they hold. */
export function writeJson(value: unknown, indent = 0): string {
  const short = writeShort(value);
  if (indent + short.length <= WIDTH || value === null || typeof value !== 'object') return short;
  const entries = Array.isArray(value)
    ? value.map((entry: unknown) => writeJson(entry, indent + 2))
    : Object.entries(value).map(([key, entry]) => `${JSON.stringify(key)}: ${writeJson(entry, indent + 2)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const lines = fillLines(entries, WIDTH - indent - 4);
  return `${open} ${lines.join(`\n${' '.repeat(indent + 2)}`)} ${close}`;
}

function writeShort(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeShort).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, entry]) => `${JSON.stringify(key)}: ${writeShort(entry)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/** What takes more than a line has its lines for itself. */
function fillLines(entries: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  const endLine = (): void => {
    if (line !== '') lines.push(line);
    line = '';
  };
  for (const [index, entry] of entries.entries()) {
    const text = index < entries.length - 1 ? `${entry},` : entry;
    if (line.length + 1 + text.length > width || text.includes('\n')) endLine();
    line = line === '' ? text : `${line} ${text}`;
    if (text.includes('\n')) endLine();
  }
  endLine();
  return lines;
}
