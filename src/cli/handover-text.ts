import type { HandoverReport } from '../index.js';
import { bold, formatCount, formatCounted, hasColor, writeLine, type Terminal } from './output.js';

const NAMED_PLACES = 5;
const NAMED_FIELDS = 6;
/** Lines end here, so that 80 columns are enough. */
const WIDTH = 78;

/** `Handover: no, 3 reasons`: the same line in every command that judges it. */
export function describeVerdict({ ready, reasons }: HandoverReport): string {
  if (ready) return 'Handover: yes, the old job can be deleted';
  return `Handover: no, ${formatCounted(reasons.length, 'reason')}`;
}

export function writeHandover(terminal: Terminal, report: HandoverReport): void {
  const color = hasColor(terminal, terminal.out);
  const line = (text = ''): void => writeLine(terminal.out, text);
  line(bold(describeVerdict(report), color));
  if (report.session !== null) {
    line();
    for (const text of describeRows(report)) line(`  ${text}`);
  }
  report.reasons.forEach(({ message, places, fix }, index) => {
    line();
    wrap(message, WIDTH - 5).forEach((text, part) => line(part === 0 ? `  ${index + 1}. ${text}` : `     ${text}`));
    for (const place of places.slice(0, NAMED_PLACES)) line(`     ${place}${describeAlike(report, place)}`);
    if (places.length > NAMED_PLACES) line(`     … ${formatCount(places.length - NAMED_PLACES)} more: --json`);
    for (const text of wrap(`→ ${fix}`, WIDTH - 5)) line(`     ${text}`);
  });
}

function describeRows({ session, rows, sameMembers, equal, kept, orphaned, values, groups }: HandoverReport): string[] {
  const renamed = orphaned.filter(({ alike }) => alike !== null).length;
  const fields = Object.entries(values).slice(0, NAMED_FIELDS);
  const list = fields.map(([field, times]) => `${field} ${formatCount(times)}`).join(', ');
  return [
    `session   ${session}`,
    `rows      ${formatCount(rows)} written: ${formatCount(sameMembers)} with the same members in the same order, ${formatCount(equal)} equal`,
    `keys      ${formatCount(kept)} found as before, ${formatCount(renamed)} renamed, ${formatCount(orphaned.length - renamed)} lost`,
    ...(list === '' ? [] : [`values    that differ: ${list}`]),
    ...(groups === null
      ? []
      : [`groups    ${formatCount(groups.equal)} of ${formatCount(groups.rows)} have the right members`]),
  ];
}

function describeAlike({ orphaned }: HandoverReport, place: string): string {
  const alike = orphaned.find((row) => row.place === place)?.alike;
  return alike === null || alike === undefined ? '' : ` → ${alike}`;
}

/** Lines of at most so many characters; a longer word stays whole. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
