import type { OutgoingMessage } from './message.js';

export type ChannelId = 'webhook' | 'slack' | 'command';

/** One file of `channels/`: a way to people. */
export interface Channel {
  readonly id: ChannelId;
  /** The receiver, without what is secret in its address. */
  readonly target: string;
  /** Resolves when the receiver has accepted the message. Rejects with the reason, which holds no secret, also when the signal fires. */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<void>;
}
