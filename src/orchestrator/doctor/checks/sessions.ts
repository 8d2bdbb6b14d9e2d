import type { Check } from '../check.js';

export const sessions: Check = {
  id: 'sessions',
  title: 'every session that was due is published',
  async find({ freshness }) {
    const { late } = await freshness();
    if (late === null) return undefined;
    const reason = late.reason === null ? '' : `: ${late.reason}`;
    return {
      problem: `${late.session} is late, ${late.verdict.replaceAll('_', ' ')}${reason}`,
      fix: 'tickstock sessions shows them; tickstock backfill runs them',
    };
  },
};
