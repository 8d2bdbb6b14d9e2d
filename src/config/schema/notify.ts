import { z } from 'zod';
import { NOTIFICATION_CAUSES } from '../../core/notification-causes.js';
import { unique } from './fields.js';

const address = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: 'is not an address that begins with https:// or http://; not shown here, as it may hold a secret',
  })
  .refine((text) => !URL.canParse(text) || new URL(text).username === '', {
    error: 'has a user name, which is not sent; not shown here, as it may hold a password',
  });

/** As Standard Webhooks writes secrets: https://www.standardwebhooks.com */
const webhookSecret = z.string().refine((text) => isSecret(text.replace(/^whsec_/, '')), {
  error: 'is not 24 to 64 bytes in base64, with or without whsec_ before them; `openssl rand -base64 32` generates one',
});

export const notifySchema = z
  .strictObject({
    webhook: z
      .strictObject({
        url: address
          .optional()
          .meta({ secret: true, description: 'address that is sent JSON, signed with the secret' }),
        secret: webhookSecret.optional().meta({
          secret: true,
          description: 'secret that the receiver verifies messages with, as Standard Webhooks describes',
        }),
      })
      .refine(({ url, secret }) => (url === undefined) === (secret === undefined), {
        error: 'needs both url and secret; `openssl rand -base64 32` generates a secret',
      })
      .prefault({}),
    slack: z
      .strictObject({
        url: address
          .optional()
          .meta({ secret: true, description: 'incoming webhook of Slack, Mattermost, or another that takes {"text"}' }),
      })
      .prefault({}),
    command: z
      .array(z.string().min(1))
      .default([])
      .describe('program and its arguments; gets the text on standard input, and JSON in TICKSTOCK_NOTIFICATION'),
    allowPrivate: z
      .boolean()
      .default(false)
      .describe('whether addresses of private networks, of this machine, and without TLS are sent messages'),
    on: unique(z.array(z.enum(NOTIFICATION_CAUSES)))
      .default([...NOTIFICATION_CAUSES])
      .describe('what is notified of'),
    oldSessions: z
      .number()
      .int()
      .min(1)
      // Within the month in which occurrences are looked for.
      .max(15)
      .default(5)
      .describe('number of sessions after which an open hold or exception is old'),
  })
  .superRefine(({ webhook, slack, allowPrivate }, context) => {
    for (const [channel, { url }] of Object.entries({ webhook, slack })) {
      if (allowPrivate || !url?.startsWith('http:')) continue;
      const message = 'is without TLS, which needs notify.allowPrivate; use https://';
      context.addIssue({ code: 'custom', path: [channel, 'url'], message });
    }
  })
  .prefault({});

function isSecret(text: string): boolean {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return false;
  const { length } = Buffer.from(text, 'base64');
  return length >= 24 && length <= 64;
}
