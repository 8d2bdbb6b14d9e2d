import { expect } from 'chai';
import { CACHE_SYNC_EVENTS } from '../../../../phases/cache-sync/publish/events.js';
import { assertInCatalogue, FACTS, FAILURE, payloadsOf } from '../../../support/events.js';

describe('the events of cache sync', () => {
  it('begin at zero', () => {
    const drafts = CACHE_SYNC_EVENTS.started({ ...FACTS, mode: 'themes' });

    assertInCatalogue(drafts);
    expect(payloadsOf(drafts)).to.deep.equal({
      cache_sync_started: {
        run_id: FACTS.runId,
        mode: 'themes',
        current_task: '',
        completed: 0,
        total_items: 4000,
        percent_complete: 0,
      },
    });
  });

  it('tell who asked for it', () => {
    const drafts = CACHE_SYNC_EVENTS.requested?.({ ...FACTS, force: true }, 'key 1') ?? [];

    assertInCatalogue(drafts);
    expect(payloadsOf(drafts)).to.deep.equal({
      cache_sync_triggered: { job_id: FACTS.runId, mode: 'full', force: true, triggered_by: 'key 1' },
    });
  });

  it('say how far it is and what is being done', () => {
    const position = { fraction: 0.6257, task: 'Writing valuations', current: 'top_500', elapsedMs: 90, etaMs: null };

    const drafts = CACHE_SYNC_EVENTS.progress(FACTS, position);

    assertInCatalogue(drafts);
    expect(payloadsOf(drafts)['cache_sync_progress']).to.deep.equal({
      run_id: FACTS.runId,
      mode: 'full',
      current_task: 'Writing valuations',
      completed: 2502,
      total_items: 4000,
      percent_complete: 62.57,
    });
  });

  it('end with zeros and empty lists when nothing was published', () => {
    const drafts = CACHE_SYNC_EVENTS.ended(FACTS, { error: FAILURE, durationMs: 1500 });

    assertInCatalogue(drafts);
    expect(payloadsOf(drafts)).to.deep.equal({
      cache_sync_phase_completed: {
        run_id: FACTS.runId,
        mode: 'full',
        current_task: '',
        completed: 0,
        total_items: 4000,
        percent_complete: 0,
        status: 'failed',
        total_changes: 0,
        duration_seconds: 1.5,
      },
      cache_sync_completed: {
        job_id: FACTS.runId,
        mode: 'full',
        status: 'failed',
        total_changes: 0,
        duration_seconds: 1.5,
        universes_updated: [],
        task_results: {},
        changes_summary: {
          total_changes: 0,
          by_type: {},
          by_action: { added: 0, removed: 0 },
          by_universe: {},
          most_active_universe: ['', 0],
        },
      },
    });
  });
});
