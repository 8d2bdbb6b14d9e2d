/** Comments on the tables of runs, their schedule and events. */
export const RUN_COMMENTS = {
  run: {
    table: 'One execution of the phases for a session. At most one is running at a time.',
    columns: {
      id: 'Identifies the run in logs, events and the API.',
      pipeline: 'Always daily.',
      session: 'Trading session, the date in New York.',
      trigger: 'What started it: manual, automatic (the schedule), backfill or api.',
      mode: 'Which universes cache sync recomputes: full, market_cap, themes or ipos.',
      force: 'Whether the gates were skipped.',
      phases: 'Phase ids in the order they run.',
      status: 'pending, running, completed, completed_with_holds, failed, cancelled or interrupted.',
      attempt:
        '1 for the first run of the session, one more for each that failed, was cancelled or interrupted before.',
      lease_owner: 'Process that runs it: host:pid.',
      lease_expires_at: 'Not used yet.',
      fence: 'Rises with every run. Writes of a run whose fence is not the stored one are refused.',
      started_at: 'UTC.',
      finished_at: 'UTC. Null while it runs.',
      counters: 'Units of work, summed over the phases.',
      report: 'Totals of the run: symbols, failed symbols, indicators.',
      error: 'Code, message, hint and context of what ended it. Null: it completed.',
      hashes: 'config: hash of the settings that decide; code: version of this product.',
      triggered_by: 'Who asked for it: user@host, the name of an API key, schedule.',
    },
  },
  phase_run: {
    table: 'One phase of a run. Completed in the transaction that publishes its data.',
    columns: {
      run_id: 'Run it belongs to.',
      phase: 'Phase id: import, cache-sync, indicators, or one of a host.',
      ordinal: 'Place in the run: 2, 2.5, 3.',
      session: 'Session of the run.',
      status: 'As of a run.',
      started_at: 'UTC. Null: not started.',
      finished_at: 'UTC. Null: not finished.',
      counters: 'Units of work: rows, symbols, universes.',
      report: 'Summary, warnings and details of what it did.',
      error: 'As of a run.',
      hashes: 'input: hash of everything that decided; membership: hash of who belongs where afterwards.',
    },
  },
  slot: {
    table: 'Scheduled runs, one row an evening: each is started once.',
    columns: {
      pipeline: 'Always daily.',
      session: 'Session to run.',
      run_id: 'Run that was started for it.',
      state: 'due, claimed, completed or skipped.',
      reason: 'Why it was skipped, or is due again.',
      updated_at: 'UTC.',
    },
  },
  schedule: {
    table: 'Schedule as it was set over HTTP; without a row the configuration applies.',
    columns: {
      pipeline: 'Always daily.',
      enabled: 'Whether a run starts every evening.',
      trigger_time: 'Time of day in the time zone.',
      timezone: 'Time zone, America/New_York.',
      market_check: 'Whether only trading sessions count.',
      universes: 'As the consumer sent it; a run covers all universes.',
      updated_at: 'When it was set. UTC.',
    },
  },
  calendar_override: {
    table: 'Not used yet: overrides of the trading calendar are in config/calendar.yaml.',
    columns: {
      date: 'Date in New York.',
      kind: 'closed, early-close or open.',
      reason: 'Reason for people.',
      created_at: 'UTC.',
    },
  },
  outbox: {
    table:
      'Events, stored in the transaction that changes the data, and delivered to Redis afterwards in order and at least once.',
    columns: {
      event_id: 'Subscribers drop ids that they have seen.',
      run_id: 'Run it belongs to. Null: of no run.',
      sequence: 'Order within the run, from 1.',
      body: 'The envelope as it is delivered.',
      created_at: 'UTC.',
      published_at: 'When it was delivered. Null: it waits.',
      channels: 'Redis channels.',
      position: 'Order of commit: a reader that continues after the last position it saw misses nothing.',
    },
  },
  migration: {
    table: 'Migrations that were applied.',
    columns: { name: 'Name.', timestamp: 'When it was applied.' },
  },
  migration_lock: {
    table: 'Lock of the migrator.',
    columns: { id: 'Name of the lock.', is_locked: 'Not used on PostgreSQL.' },
  },
};
