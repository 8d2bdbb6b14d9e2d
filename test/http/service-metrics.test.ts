import { expect } from 'chai';
import { ServiceMetrics } from '../../src/http/metrics.js';
import { parseSessionDate } from '../../src/core/session.js';

const FACTS = {
  runsByStatus: { completed: 3 },
  phaseSeconds: { import: 1.5 },
  openHolds: 2,
  outboxBacklog: 0,
  outboxOldestSeconds: 0,
  publishedSession: parseSessionDate('2026-06-30'),
  lastRun: { status: 'completed_with_holds', endedAt: 1_782_850_000 },
  slotState: 'completed',
  rejectedRows: 4,
  openExceptions: 1,
  members: { top_50: 50 },
  gates: [
    { gate: 'volume', measured: 81.5, threshold: 65 },
    { gate: 'coverage', measured: null, threshold: null },
  ],
  behind: 0,
  late: null,
};

describe('the metrics of a service', () => {
  it('have what the gates measured, and nothing for a gate that measured nothing', async () => {
    const text = await new ServiceMetrics().render(FACTS, false);

    expect(text)
      .to.match(/^tickstock_gate_value\{gate="volume"\} 81\.5$/m)
      .and.match(/^tickstock_gate_threshold\{gate="volume"\} 65$/m)
      .and.match(/^tickstock_slot\{state="completed"\} 1$/m)
      .and.match(/^tickstock_last_run\{status="completed_with_holds"\} 1$/m)
      .and.match(/^tickstock_rejected_rows 4$/m)
      .and.not.match(/gate="coverage"/);
  });

  it('leave out everything of the database while it does not answer', async () => {
    const metrics = new ServiceMetrics();
    await metrics.render(FACTS, false);

    const text = await metrics.render(null, false);

    expect(text).to.match(/^tickstock_database_up 0$/m);
    for (const name of ['universe_members', 'gate_value', 'slot', 'last_run', 'rejected_rows', 'open_exceptions']) {
      expect(text).to.not.match(new RegExp(`^tickstock_${name}[ {]`, 'm'));
    }
  });
});
