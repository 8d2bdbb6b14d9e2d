import type { Check } from '../check.js';

export const redis: Check = {
  id: 'redis',
  title: 'Redis accepts events, where one is configured',
  async find({ parts: { relay } }) {
    if (relay === null) return undefined;
    relay.start();
    const isDelivered = await relay.drain(WAIT_MS);
    if (isDelivered || relay.state === 'up') return undefined;
    return {
      problem: 'Redis does not accept events; they wait in the database',
      fix: 'check that it runs, its memory limit, and redis.url (REDIS_URL)',
    };
  },
};

const WAIT_MS = 3000;
