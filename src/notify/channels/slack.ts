import type { Channel } from '../channel.js';
import { toText } from '../message.js';

export interface SlackSettings {
  readonly url: string;
  readonly allowPrivate: boolean;
}

/** Text as incoming webhooks of Slack take it. Source: https://docs.slack.dev/messaging/formatting-message-text */
export function createSlack({ url, allowPrivate }: SlackSettings): Channel {
  return {
    id: 'slack',
    target: new URL(url).host,
    async send(message, signal) {
      const [title = '', ...lines] = toText(message).split('\n').map(escape);
      const shown = lines.map((line) => line.replace(/^&gt; (.*)$/, '`$1`'));
      const body = JSON.stringify({ text: [`*${title}*`, ...shown].join('\n') });
      // Imported here: the client takes as long to load as many a command to run.
      const { postJson } = await import('../post.js');
      await postJson({ url, body, allowPrivate, signal });
    },
  };
}

/** The three characters that have a meaning of their own. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
