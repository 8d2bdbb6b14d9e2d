import type { NotificationCause } from '../core/notification-causes.js';
import type { SessionDate } from '../core/session.js';

/** What a person reads. */
export interface MessageText {
  readonly title: string;
  /** What happened, why, and what it means for what is published: at most three. */
  readonly lines: readonly string[];
  /** The command that acts, or shows more. */
  readonly command: string;
}

/** A message as it is stored. */
export interface Message extends MessageText {
  /** The same for machines. */
  readonly facts: object;
}

/** A message on its way. The id is the same however often it is sent. */
export interface OutgoingMessage extends Message {
  readonly id: string;
  readonly cause: NotificationCause | 'test';
  readonly session: SessionDate;
  readonly createdAt: Date;
}

/** The message as plain text: the title, its lines, and the command. */
export function toText({ title, lines, command }: MessageText): string {
  return [title, ...lines, `> ${command}`].join('\n');
}

/** The message as JSON: `type`, `timestamp` and `data`, as Standard Webhooks recommends. */
export function toPayload(message: OutgoingMessage): string {
  const { cause, createdAt, session, title, lines, command, facts } = message;
  const data = { session, title, lines, command, facts };
  return JSON.stringify({ type: cause, timestamp: createdAt.toISOString(), data });
}
