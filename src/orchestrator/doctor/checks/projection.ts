import { comparePhase } from '../../preview.js';
import type { Check } from '../check.js';
import { server } from './server.js';

export const projection: Check = {
  id: 'projection',
  title: 'cache_entries has what is published',
  async find(context) {
    const { parts } = context;
    // The comparison records facts and takes that back: whether it would write depends on what the host has changed since.
    if (await server.find(context))
      return { problem: 'cannot be checked while the server accepts no writes', fix: 'see server' };
    const published = await parts.orchestrator.store.newestCompleted('cache-sync');
    if (published === undefined) return undefined;
    const { differences, groups } = await comparePhase(parts, { session: published });
    const [first] = differences;
    if (first === undefined && groups !== null && groups.equal < groups.rows) {
      return {
        problem: `${groups.rows - groups.equal} of ${groups.rows} groups of definition_groups have other members than those published`,
        fix: 'tickstock run --phase cache-sync writes them',
      };
    }
    if (first === undefined) return undefined;
    return {
      problem: `${differences.length} rows of cache_entries differ from what would be written, the first is ${first.place}: ${first.detail}`,
      fix: 'tickstock parity lists them; tickstock run --phase cache-sync --recompute writes them',
    };
  },
};
