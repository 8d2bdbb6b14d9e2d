import type { NotificationCause } from '../core/notification-causes.js';
import type { SessionDate } from '../core/session.js';
import { arrayOf, bigint, double, instant, integer, jsonb, orNull, text, textOf, uuid } from '../db/column.js';
import { statement } from '../db/statement.js';
import type { ChannelId } from './channel.js';
import type { Message } from './message.js';

/** Records since when channels are configured. Parameters: those that are. */
export const OPEN_CHANNELS = statement({
  parameters: { channels: arrayOf(text), at: instant },
  row: {},
  text: `
    insert into pipeline.notification_channel (channel, since)
    select channel, $2 from unnest($1::text[]) channel
    on conflict do nothing`,
});

/** The earliest of these channels. */
export const READ_SINCE = statement({
  parameters: { channels: arrayOf(text) },
  row: { since: orNull(instant) },
  text: 'select min(since) as since from pipeline.notification_channel where channel = any($1::text[])',
});

/**
 * Stores messages for each channel that was configured when they happened, once for each cause and session.
 *
 * Parameters: `found` an array of `{cause, session, at, message}`.
 * Index:      notification_channel_cause_session_key.
 */
export const STORE_NOTIFICATIONS = statement({
  parameters: { channels: arrayOf(text), found: jsonb() },
  row: {},
  text: `
    insert into pipeline.notification (channel, cause, session, message)
    select c.channel, f.cause, f.session, f.message
    from jsonb_to_recordset($2::jsonb) as f (cause text, session date, at timestamptz, message jsonb)
    join pipeline.notification_channel c on c.channel = any($1::text[]) and c.since <= f.at
    on conflict (channel, cause, session) do nothing`,
});

/**
 * Takes the oldest message that is due, so that no other process sends it before `pauseSeconds` have passed, doubled with each try.
 *
 * Index: notification_waiting_idx.
 */
export const CLAIM_NOTIFICATION = statement({
  parameters: { channels: arrayOf(text), pauseSeconds: double, longestSeconds: double },
  row: {
    id: uuid,
    channel: textOf<ChannelId>(),
    cause: textOf<NotificationCause>(),
    session: textOf<SessionDate>(),
    message: jsonb<Message>(),
    createdAt: instant,
  },
  text: `
    update pipeline.notification n
    set tries = n.tries + 1,
        next_at = clock_timestamp() + make_interval(secs => least($3::float8, $2::float8 * power(2, least(n.tries, 20))))
    where n.id = (
      select id from pipeline.notification
      where state = 'waiting' and next_at <= clock_timestamp() and channel = any($1::text[])
      order by next_at
      limit 1
      for update skip locked)
    returning n.id, n.channel, n.cause, to_char(n.session, 'YYYY-MM-DD') as session, n.message, n.created_at as "createdAt"`,
});

/** Stores how sending a message ended; one that was not accepted stays waiting. */
export const SETTLE_NOTIFICATION = statement({
  parameters: { id: uuid, error: orNull(text) },
  row: {},
  text: `
    update pipeline.notification
    set error = $2::text,
        state = case when $2::text is null then 'delivered' else state end,
        delivered_at = case when $2::text is null then clock_timestamp() end
    where id = $1 and state = 'waiting'`,
});

/** Gives up messages that were not accepted for too long. Result: one row each. Index: notification_waiting_idx. */
export const GIVE_UP_NOTIFICATIONS = statement({
  parameters: { seconds: double },
  row: { channel: text, cause: text, session: textOf<SessionDate>(), error: orNull(text) },
  text: `
    update pipeline.notification
    set state = 'failed', error = coalesce(error, 'no process had this channel')
    where state = 'waiting' and created_at < clock_timestamp() - make_interval(secs => $1::float8)
    returning channel, cause, to_char(session, 'YYYY-MM-DD') as session, error`,
});

/** Deletes messages that are so old that they cannot be found again. Index: notification_created_idx. */
export const PRUNE_NOTIFICATIONS = statement({
  parameters: { days: integer },
  row: {},
  text: `delete from pipeline.notification where created_at < clock_timestamp() - make_interval(days => $1::int)`,
});

/** Messages, newest first. Index: notification_created_idx. */
export const READ_NOTIFICATIONS = statement({
  parameters: { limit: bigint },
  row: {
    id: uuid,
    channel: textOf<ChannelId>(),
    cause: textOf<NotificationCause>(),
    session: textOf<SessionDate>(),
    message: jsonb<Message>(),
    state: textOf<'waiting' | 'delivered' | 'failed'>(),
    tries: integer,
    createdAt: instant,
    nextAt: instant,
    deliveredAt: orNull(instant),
    error: orNull(text),
  },
  text: `
    select id, channel, cause, to_char(session, 'YYYY-MM-DD') as session, message, state, tries, created_at as "createdAt",
           next_at as "nextAt", delivered_at as "deliveredAt", error
    from pipeline.notification
    order by created_at desc, channel, id
    limit $1`,
});
