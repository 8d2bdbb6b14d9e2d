import Table from 'cli-table3';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

const NO_LINES = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
  ].map((name) => [name, '']),
);

/** Columns under their titles, two spaces apart, indented by two; no trailing white space. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const hasTitles = columns.some((column) => column.title !== '');
  const table = new Table({
    ...(hasTitles && { head: columns.map((column) => column.title) }),
    colAligns: columns.map((column) => column.align ?? 'left'),
    chars: { ...NO_LINES, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => row.map(toOneLine)));
  return table
    .toString()
    .split('\n')
    .map((line) => `  ${line}`.trimEnd())
    .join('\n');
}

/** Names come from feeds; control characters must not reach the terminal. */
function toOneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
