import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import { PipelineError, SOURCE_NOT_READY } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import type { NotificationCause } from '../core/notification-causes.js';
import type { SessionDate } from '../core/session.js';
import { toDatabaseError } from '../db/database-error.js';
import type { Database } from '../db/database.js';
import { toJsonb, toStorableText } from '../db/jsonb.js';
import { InterruptibleSleep } from '../events/interruptible-sleep.js';
import { CAUSES } from './causes/index.js';
import type { Channel, ChannelId } from './channel.js';
import type { OutgoingMessage } from './message.js';
import {
  CLAIM_NOTIFICATION,
  GIVE_UP_NOTIFICATIONS,
  OPEN_CHANNELS,
  PRUNE_NOTIFICATIONS,
  READ_NOTIFICATIONS,
  READ_SINCE,
  SETTLE_NOTIFICATION,
  STORE_NOTIFICATIONS,
} from './notifications.sql.js';

const DAY_MS = 86_400_000;
/** Causes outside this process, and messages that wait, are looked for this often. */
const POLL_MS = 30_000;
/** A receiver has this long to accept a message. Shorter than the pause before it is sent again. */
const SEND_MS = 10_000;
const PAUSE_SECONDS = 30;
const LONGEST_PAUSE_SECONDS = 3600;
const GIVE_UP_SECONDS = 86_400;
/** What happened earlier is not announced any more. */
const HORIZON_DAYS = 31;
/** Longer than the horizon: a deleted message would be sent again. */
const KEEP_DAYS = 90;

export interface NotifierParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly channels: readonly Channel[];
  readonly causes: readonly NotificationCause[];
  /** Sessions after which an open hold or exception is old. */
  readonly oldSessions: number;
}

export type NotificationRecord = Awaited<ReturnType<typeof READ_NOTIFICATIONS.rows>>[number];

/** How a test message was received. */
export interface TestResult {
  readonly channel: ChannelId;
  readonly target: string;
  /** Why it was not accepted; null: it was. */
  readonly error: string | null;
}

/**
 * Sends people what needs them, at least once, from any number of processes.
 *
 *  1. Causes are found in what is stored, and become one message for each channel, cause and session (`#collect`).
 *  2. A message that is due is taken by one process, sent, and marked (`#deliver`). If that process dies, or the receiver does not accept it, it
 *     is due again after a pause.
 *  3. After a day it is given up; `tickstock doctor` says so.
 */
export class Notifier {
  readonly #alarm = new InterruptibleSleep();
  #loop: Promise<void> | undefined;
  #stopped = false;
  /** Something may have happened since the last look. */
  #isPending = false;
  #trouble = '';
  /** Since when its channels are configured, where no process found them before: what its first run causes is announced. */
  readonly #openedAt: Date;

  constructor(private readonly parts: NotifierParts) {
    this.#openedAt = new Date(parts.clock.now());
  }

  get channels(): readonly Channel[] {
    return this.parts.channels;
  }

  /** Looks at once, then every half minute. Does not keep the process alive. */
  start(): void {
    if (this.parts.channels.length === 0 || this.#stopped) return;
    this.#loop ??= this.#run();
  }

  /** Called when a run has ended. */
  wake(): void {
    this.#isPending = true;
    this.#alarm.ring();
  }

  /** Called when a run was refused: one that its source refuses is recorded as failed. */
  wakeFor(error: unknown): void {
    if (error instanceof PipelineError && SOURCE_NOT_READY.includes(error.code)) this.wake();
  }

  /** Stops, and sends what the runs of this process have caused, for as long as a receiver has. What is not accepted waits for another process. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarm.ring();
    await this.#loop;
    if (this.#isPending) await this.#look();
  }

  /** Sends a message now to every channel. */
  async test(): Promise<readonly TestResult[]> {
    const now = new Date(this.parts.clock.now());
    const session = now.toISOString().slice(0, 10) as SessionDate;
    const text = { title: 'TickStock can reach you here', lines: ['This is a test.'], command: 'tickstock status' };
    const message: OutgoingMessage = { id: randomUUID(), cause: 'test', session, createdAt: now, ...text, facts: {} };
    const { channels } = this.parts;
    return Promise.all(
      channels.map(async (channel) => {
        const { id, target } = channel;
        return { channel: id, target, error: await sendTo(channel, message) };
      }),
    );
  }

  /** Messages, newest first. */
  async list(limit: number): Promise<readonly NotificationRecord[]> {
    return READ_NOTIFICATIONS.rows(this.parts.database.pool, { limit });
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#look();
      await this.#alarm.wait(POLL_MS);
    }
  }

  /** A database that cannot be reached is logged once; the next look may reach it. */
  async #look(): Promise<void> {
    this.#isPending = false;
    if (this.parts.channels.length === 0) return;
    try {
      await this.#collect();
      await this.#deliver();
      this.#trouble = '';
    } catch (thrown) {
      const { code, message } = toDatabaseError(thrown);
      if (this.#trouble !== code) this.parts.logger.warn({ code }, `notifications wait: ${message}`);
      this.#trouble = code;
    }
  }

  async #collect(): Promise<void> {
    const { database, clock, logger, causes, oldSessions } = this.parts;
    const channels = this.parts.channels.map(({ id }) => id);
    const at = new Date(clock.now());
    const givenUp = await database.transaction(async ({ client }) => {
      await OPEN_CHANNELS.write(client, { channels, at: this.#openedAt });
      const found = await READ_SINCE.first(client, { channels });
      const since = new Date(
        Math.max(found?.since?.getTime() ?? this.#openedAt.getTime(), at.getTime() - HORIZON_DAYS * DAY_MS),
      );
      const occurrences = [];
      for (const cause of CAUSES.filter(({ id }) => causes.includes(id)))
        occurrences.push(...(await cause.find(client, { since, oldSessions })));
      if (occurrences.length > 0) await STORE_NOTIFICATIONS.write(client, { channels, found: toJsonb(occurrences) });
      await PRUNE_NOTIFICATIONS.write(client, { days: KEEP_DAYS });
      return GIVE_UP_NOTIFICATIONS.rows(client, { seconds: GIVE_UP_SECONDS });
    });
    for (const { channel, cause, session, error } of givenUp)
      logger.error({ channel, cause, session }, `${channel} did not accept ${cause} of ${session}: ${error ?? ''}`);
  }

  async #deliver(): Promise<void> {
    const { pool } = this.parts.database;
    const pauses = { pauseSeconds: PAUSE_SECONDS, longestSeconds: LONGEST_PAUSE_SECONDS };
    // One that does not accept a message is not sent the others in this look: a command that ends would wait for each.
    const working = new Map(this.parts.channels.map((channel) => [channel.id, channel]));
    while (working.size > 0) {
      const claimed = await CLAIM_NOTIFICATION.first(pool, { channels: [...working.keys()], ...pauses });
      const channel = claimed && working.get(claimed.channel);
      if (claimed === undefined || channel === undefined) return;
      const { message, channel: _, ...rest } = claimed;
      const error = await sendTo(channel, { ...message, ...rest });
      await SETTLE_NOTIFICATION.write(pool, { id: claimed.id, error });
      const { id, cause, session } = claimed;
      const context = { channel: channel.id, cause, session, notification: id };
      if (error === null) this.parts.logger.info(context, `${channel.id} was notified: ${message.title}`);
      else {
        working.delete(channel.id);
        this.parts.logger.warn(context, `${channel.id} did not accept a notification, which is sent again: ${error}`);
      }
    }
  }
}

/** @returns why the message was not accepted; null: it was */
async function sendTo(channel: Channel, message: OutgoingMessage): Promise<string | null> {
  try {
    await channel.send(message, AbortSignal.timeout(SEND_MS));
    return null;
  } catch (thrown) {
    return toStorableText((thrown as Error).message);
  }
}
