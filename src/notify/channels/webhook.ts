import { createHmac } from 'node:crypto';
import type { Channel } from '../channel.js';
import { toPayload } from '../message.js';

export interface WebhookSettings {
  readonly url: string;
  /** base64, with or without `whsec_` before it. */
  readonly secret: string;
  readonly allowPrivate: boolean;
}

/** JSON, signed as Standard Webhooks describes. Source: https://github.com/standard-webhooks/standard-webhooks */
export function createWebhook({ url, secret, allowPrivate }: WebhookSettings): Channel {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return {
    id: 'webhook',
    target: new URL(url).host,
    async send(message, signal) {
      const body = toPayload(message);
      const timestamp = String(Math.floor(Date.now() / 1000));
      const signature = createHmac('sha256', key).update(`${message.id}.${timestamp}.${body}`).digest('base64');
      const headers = {
        'webhook-id': message.id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      };
      // Imported here: the client takes as long to load as many a command to run.
      const { postJson } = await import('../post.js');
      await postJson({ url, body, headers, allowPrivate, signal });
    },
  };
}
