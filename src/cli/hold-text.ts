import type { HoldDetail, HoldRecord } from '../index.js';
import { formatDiff } from './membership-diff.js';
import { bold, formatChange, formatCount, formatInstant } from './output.js';
import { formatTable } from './table.js';

/** Symbols listed for a single universe, and for each of several. */
const LISTED_OF_ONE = 20;
const LISTED_OF_MANY = 3;

/** Holds as a table: what is held, and the reason as a sentence. */
export function formatHolds(holds: readonly HoldRecord[], isAll: boolean, width?: number): string {
  const isOld = holds.some(({ heldSessions }) => heldSessions > 1);
  return formatTable(
    [
      { title: 'id', align: 'right' },
      { title: 'session' },
      { title: 'held' },
      { title: 'gate' },
      { title: 'change', narrow: 'drop' },
      ...(isOld ? [{ title: 'since' }] : []),
      ...(isAll ? [{ title: 'state' }] : []),
      { title: 'why' },
    ],
    holds.map((hold) => [
      String(hold.id),
      hold.session,
      hold.universe ?? 'the whole session',
      hold.gate,
      formatChange(hold.added, hold.removed) || '–',
      ...(isOld ? [hold.heldSessions > 1 ? hold.heldSince : ''] : []),
      ...(isAll ? [describeState(hold)] : []),
      hold.message,
    ]),
    width,
  );
}

/** One hold with what approving it would publish. */
export function formatHold(hold: HoldDetail, limit: number | undefined, color: boolean, width?: number): string {
  const listed = limit ?? (hold.candidate.length > 1 ? LISTED_OF_MANY : LISTED_OF_ONE);
  const measured = hold.measured === null ? '' : `, measured ${hold.measured}`;
  const threshold = hold.threshold === null ? '' : ` against ${hold.threshold}`;
  return [
    bold(`Hold ${hold.id}: ${hold.title ?? 'the whole session'} on ${hold.session}`, color),
    formatTable(
      [{ title: '' }, { title: '' }],
      [
        ['Held', hold.universe ?? 'every universe'],
        ['Gate', `${hold.gate}${measured}${threshold}`],
        ['Why', hold.message],
        ...(hold.heldSessions > 1 ? [['Since', `${hold.heldSince}, ${formatCount(hold.heldSessions)} sessions`]] : []),
        ['State', describeState(hold)],
        ['Found', `${formatInstant(hold.createdAt)}, run ${hold.runId}`],
      ],
      width,
    ),
    '',
    bold('What would be published', color),
    ...(hold.candidate.length === 0 ? ['  no member would join or leave'] : []),
    ...hold.candidate.map((candidate) => formatDiff(candidate, listed, color, width)),
    ...(hold.state === 'open' ? ['', ...nextSteps(hold)] : []),
  ].join('\n');
}

function nextSteps({ id }: HoldDetail): string[] {
  return [
    `  tickstock holds approve ${id}   publish exactly this and skip the gates`,
    `  tickstock holds reject ${id}    keep the members of the previous session`,
  ];
}

function describeState({ state, decidedBy, decidedAt, decisionReason }: HoldRecord): string {
  if (state === 'open') return 'open';
  const when = decidedAt === null ? '' : ` ${formatInstant(decidedAt)}`;
  return `${state} by ${decidedBy ?? 'an unknown user'}${when}${decisionReason ? `: ${decisionReason}` : ''}`;
}
