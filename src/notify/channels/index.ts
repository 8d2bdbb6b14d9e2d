import type { Config } from '../../config/schema/index.js';
import type { Channel } from '../channel.js';
import { createCommand } from './command.js';
import { createSlack } from './slack.js';
import { createWebhook } from './webhook.js';

/** The channels that are configured. */
export function createChannels({ webhook, slack, command, allowPrivate }: Config['notify']): readonly Channel[] {
  const { url, secret } = webhook;
  return [
    ...(url !== undefined && secret !== undefined ? [createWebhook({ url, secret, allowPrivate })] : []),
    ...(slack.url === undefined ? [] : [createSlack({ url: slack.url, allowPrivate })]),
    ...(command.length === 0 ? [] : [createCommand(command)]),
  ];
}
