import type { NotificationCause } from '../core/notification-causes.js';
import type { StatementRunner } from '../core/phase.js';
import type { SessionDate } from '../core/session.js';
import { instant, integer, jsonb, textOf } from '../db/column.js';
import { statement, type Statement } from '../db/statement.js';
import type { Message, MessageText } from './message.js';

/** Something that happened in a session. */
interface Occurrence {
  readonly cause: NotificationCause;
  readonly session: SessionDate;
  readonly at: Date;
  readonly message: Message;
}

interface CauseRequest {
  /** Nothing that happened before is found. */
  readonly since: Date;
  /** Sessions after which an open hold or exception is old. */
  readonly oldSessions: number;
}

/** One file of `causes/`: what it finds in the database, and what a person reads about it. */
export interface Cause {
  readonly id: NotificationCause;
  readonly statement: Statement;
  readonly find: (runner: StatementRunner, request: CauseRequest) => Promise<Occurrence[]>;
}

/**
 * A statement that finds occurrences, at most one a session, their time, and facts for `describe`.
 *
 * Parameters: as the relation `asked`: `since`, before which nothing is found, and `old_sessions`.
 */
export function findOccurrences<Facts>(text: string) {
  return statement({
    parameters: { since: instant, oldSessions: integer },
    row: { session: textOf<SessionDate>(), at: instant, facts: jsonb<Facts>() },
    text: `with asked as (select $1::timestamptz as since, $2::integer as old_sessions)
    ${text}`,
  });
}

type FindStatement<Facts> = ReturnType<typeof findOccurrences<Facts>>;

export function declareCause<Facts extends object>(
  id: NotificationCause,
  find: FindStatement<Facts>,
  describe: (facts: Facts, session: SessionDate) => MessageText,
): Cause {
  return {
    id,
    statement: find,
    async find(runner, request) {
      const found = await find.rows(runner, request);
      return found.map(({ session, at, facts }) => {
        const message: Message = { ...describe(facts, session), facts: { ...facts } };
        return { cause: id, session, at, message };
      });
    },
  };
}
