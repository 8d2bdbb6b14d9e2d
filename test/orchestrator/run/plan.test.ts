import { expect } from 'chai';
import type { Phase } from '../../../src/core/phase.js';
import { findOutsideNeeds, planPhases, withDownstream } from '../../../src/orchestrator/run/plan.js';

const phase = (id: string, ordinal: number, needs: readonly string[] = []): Phase => ({
  id,
  ordinal,
  needs,
  title: id,
  run: () => Promise.reject(new Error('not run in these tests')),
});

const PHASES = [
  phase('patterns', 4, ['indicators', 'cache-sync']),
  phase('import', 2),
  phase('indicators', 3, ['import']),
  phase('cache-sync', 2.5, ['import']),
];
const idsOf = (phases: readonly Phase[]): string[] => phases.map(({ id }) => id);

describe('a plan', () => {
  it('without names has every phase by ordinal, whatever order they were registered in', () => {
    expect(idsOf(planPhases(PHASES))).to.deep.equal(['import', 'cache-sync', 'indicators', 'patterns']);
    expect(idsOf(planPhases(PHASES, []))).to.deep.equal(['import', 'cache-sync', 'indicators', 'patterns']);
  });

  it('with names has those by ordinal, repeated ones once', () => {
    expect(idsOf(planPhases(PHASES, ['indicators', 'import', 'indicators']))).to.deep.equal(['import', 'indicators']);
  });

  it('refuses a name no phase has, saying which is nearest and which there are', () => {
    const refusal = (() => {
      try {
        return planPhases(PHASES, ['import', 'cache_sync']);
      } catch (error) {
        return error;
      }
    })();

    expect(refusal).to.include({ code: 'EOD_PHASE_UNKNOWN', message: 'there is no phase "cache_sync"' });
    expect(refusal)
      .to.have.property('hint')
      .that.includes('did you mean "cache-sync"?')
      .and.includes('patterns, import, indicators, cache-sync');
  });

  it('goes on with all that depends on a phase, at any distance, and not with what it needs', () => {
    expect(withDownstream(PHASES, ['indicators'])).to.deep.equal(['indicators', 'patterns']);
    expect(withDownstream(PHASES, ['import'])).to.have.members(['import', 'indicators', 'patterns', 'cache-sync']);
    expect(withDownstream(PHASES, ['patterns'])).to.deep.equal(['patterns']);
    expect(withDownstream(PHASES, [])).to.deep.equal([]);
  });

  it('needs from outside what its phases need and it does not have', () => {
    expect([...findOutsideNeeds(planPhases(PHASES))]).to.deep.equal([]);
    expect([...findOutsideNeeds(planPhases(PHASES, ['patterns', 'indicators', 'cache-sync']))]).to.deep.equal([
      ['import', 'cache-sync'],
    ]);
    expect([...findOutsideNeeds(planPhases(PHASES, ['patterns']))]).to.deep.equal([
      ['indicators', 'patterns'],
      ['cache-sync', 'patterns'],
    ]);
  });
});
