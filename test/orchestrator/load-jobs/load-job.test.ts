import { expect } from 'chai';
import { isRefused, parseLoadJob, type LoadJob } from '../../../src/orchestrator/load-jobs/load-job.js';

const JOB = { job_id: 'a-1', job_type: 'historical_load', symbols: ['AAPL', 'AAPL', 'F'], years: 1 };
const parse = (job: object) => parseLoadJob(JSON.stringify(job));

describe('a message on the channel of load jobs', () => {
  it('is read as the admin pages write it', () => {
    const universe = parse({
      job_id: 'a-2',
      job_type: 'universe_historical_load',
      universe_key: 'top_50:mega_cap',
      symbols: [],
      timeframes: ['1min', 'hour', 'day', 'week', 'month'],
      years: 0.003,
      run_analysis_after_import: 'True',
      requested_by: 'admin',
    });

    expect(parse(JOB)).to.deep.equal({
      jobId: 'a-1',
      symbols: ['AAPL', 'F'],
      universeKey: null,
      years: 1,
      otherTimeframes: [],
      isAnalysis: false,
    });
    expect(universe).to.deep.include({ universeKey: 'top_50:mega_cap', years: 0.003, isAnalysis: true });
    expect((universe as LoadJob).otherTimeframes).to.deep.equal(['1min', 'hour', 'week', 'month']);
    expect(isRefused(parse({ ...JOB, timespan: 'day', years: '2' }))).to.equal(false);
  });

  const refused: readonly [string, object, RegExp][] = [
    [
      'of another type',
      { ...JOB, job_type: 'delete_everything' },
      /jobs of type delete_everything are not served; served are/,
    ],
    [
      'of other timeframes only',
      { ...JOB, timeframes: ['hour', 'week'] },
      /only daily bars are stored here, not hour, week/,
    ],
    ['of another timespan', { ...JOB, timespan: 'minute' }, /only daily bars are stored here, not minute/],
    ['of a file', { ...JOB, symbols: [], csv_file: 'sp_500.csv' }, /names neither symbols nor universe_key/],
    ['without a span', { ...JOB, years: 0 }, /years/],
    ['of symbols that are none', { ...JOB, symbols: [7] }, /symbols\.0/],
  ];
  for (const [title, job, reason] of refused) {
    it(`is refused with the reason and its id: a job ${title}`, () => {
      const found = parse(job);

      expect(found).to.include({ jobId: 'a-1' });
      expect(isRefused(found) ? found.reason : '').to.match(reason);
    });
  }

  it('cannot be answered without an id that can be part of a key', () => {
    for (const text of [
      '',
      '{',
      '[]',
      'null',
      '{"job_id": "a b"}',
      '{"job_id": 7}',
      `{"job_id": "${'x'.repeat(101)}"}`,
    ]) {
      const found = parseLoadJob(text);

      expect(isRefused(found) && found.jobId, text).to.equal(null);
    }
  });
});
