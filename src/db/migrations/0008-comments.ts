import { sql, type Kysely } from 'kysely';

/** What every table and column means, for readers who look at the database alone. Later migrations add the comments of what they add. */
const TABLES: Readonly<Record<string, { readonly table: string; readonly columns: Readonly<Record<string, string>> }>> =
  {
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
    universe: {
      table: 'A named set of symbols, published with every cache sync.',
      columns: {
        id: 'Referenced by membership, membership_change, selection, hold and projection.',
        type: 'First part of its identity: stock_universe, etf_universe, stock_etf_combo or stock_stats.',
        name: 'Second part of its identity, for example market_leaders.',
        key: 'Third part of its identity, for example top_500.',
        title: 'Name for people.',
        cache_type:
          'Kind of list: market_cap, market_leader, sector, industry, theme, ipo, etf, complete, combo or stats.',
        policy: 'Rule with its parameters, as last published.',
        policy_hash: 'Hash of form and policy: a change is a change of the rule.',
        retired_session: 'First session that no longer gave it. Null: it is in use.',
        first_session: 'First session that published it.',
      },
    },
    membership: {
      table: 'Who belongs to which universe, as intervals of sessions and of what was believed when (bitemporal).',
      columns: {
        universe_id: 'Universe.',
        symbol: 'Member.',
        valid_from: 'First session of the membership.',
        valid_to: 'First session without it. Null: it is a member.',
        known_from: 'When the interval was published. UTC.',
        known_to: 'When another publish superseded the interval. Null: it is what is believed.',
        run_in: 'Run that began the interval.',
        run_out: 'Run that ended it.',
      },
    },
    membership_change: {
      table: 'Audit: every arrival and departure with its reason. Rows are superseded, never deleted.',
      columns: {
        id: 'In the order of writing.',
        run_id: 'Run that published the change.',
        session: 'Session it belongs to.',
        universe_id: 'Universe.',
        symbol: 'Symbol that arrived or left.',
        action: 'added or removed.',
        reason: 'Code of the reason, for example RANK_IN.',
        detail: 'Rank, market cap and sector at the time.',
        known_at: 'When it was published. UTC.',
        superseded_at: 'When a later publish of the session took it back. Null: it is believed.',
      },
    },
    valuation: {
      table:
        'Figures of every active stock, depositary receipt and ETF, a row a session. Rewritten when the session is computed again.',
      columns: {
        session: 'Session.',
        symbol: 'Symbol.',
        close: 'USD. Null: there is no usable price.',
        price_session: 'Session that the close is of; an earlier one is flagged STALE_PRICE.',
        shares: 'Shares outstanding.',
        market_cap_usd: 'USD; the figure that ranks.',
        dollar_volume_usd: 'USD traded in the session.',
        source: 'Where the market cap came from: close_x_shares, source_market_cap or none.',
        rank: 'Among all eligible stocks, from 1. Null: not eligible.',
        exclusion: 'Why it is not an eligible stock. Null: it is one.',
        flags: 'BAD_PRICE, STALE_PRICE, SUSPECT_CAP.',
        raw_cap_usd: 'USD; the market cap as it came, where it is suspect and another one ranks.',
        suspect_sessions: 'Sessions in a row that the raw market cap has been suspect; 0: it is not.',
      },
    },
    symbol_fact: {
      table: 'What was known of each symbol, as intervals of sessions. Cache sync reads these rows, never symbols.',
      columns: {
        symbol: 'Symbol.',
        valid_from: 'First session of which it is true.',
        valid_to: 'First session of which it no longer is. Null: it is true now.',
        name: 'Name of the company or fund.',
        type: 'Security type: CS, ADRC, ETF and others.',
        exchange: 'Primary exchange.',
        market: 'Market, mostly stocks.',
        sector: 'Sector as the source has it.',
        industry: 'Industry as the source has it.',
        sic_code: 'SIC code.',
        list_date: 'Date of the listing.',
        shares: 'Shares outstanding.',
        etf_type: 'Kind of ETF.',
        issuer: 'Issuer of an ETF.',
        aum_millions: 'Assets of an ETF, USD millions.',
        active: 'Whether the source or the host lists it as active.',
        delisted_date: 'Date of the delisting, where one is given.',
      },
    },
    symbol_event: {
      table: 'Delisted, relisted, or reused by another company. Rows are superseded, never deleted.',
      columns: {
        id: 'In the order of writing.',
        session: 'Session in which it was found.',
        symbol: 'Symbol.',
        event: 'delisted, relisted or reused.',
        reason: 'ABSENT: no bar for too long; REPORTED_INACTIVE; TRADES_AGAIN.',
        detail: 'Sessions that it was absent, and since when.',
        run_id: 'Run that found it.',
        known_at: 'When it was published. UTC.',
        superseded_at: 'When a later publish of the session took it back. Null: it is believed.',
      },
    },
    source_quote: {
      table: 'What the import source said of a session beside the bar, kept so that the session can be computed again.',
      columns: {
        session: 'Session.',
        symbol: 'Symbol.',
        previous_close: 'USD; previous close as the source has it, adjusted for splits and dividends.',
        market_cap_usd: 'USD; as the source said it. Null: it said nothing.',
        is_first_day: 'Whether the source marked the first trading day.',
        host_market_cap_usd:
          'USD; as a host wrote it to symbols since. 0: the host cleared it. Null: the host wrote nothing.',
      },
    },
    fact_horizon: {
      table: 'Up to which transaction symbols has been recorded in symbol_fact: one row.',
      columns: {
        is_only: 'Allows one row.',
        seen_before: 'Transactions before this one are recorded.',
        recorded_by: 'Transactions of this product after that.',
        symbols: 'Rows of symbols then.',
      },
    },
    session_stats: {
      table: 'What the gates measured of a session, as a whole and per exchange.',
      columns: {
        session: 'Session.',
        exchange: 'Exchange; empty for symbols without one.',
        bars: 'Bars of listed symbols.',
        compared: 'Symbols that have a bar in the session before too.',
        unchanged: 'Of those, closes that are equal.',
        with_previous_close: 'Symbols for which the source gave a previous close and the session before has one.',
        matching: 'Of those, previous closes that match.',
        with_earlier_close: 'The same against the session before the one before.',
        matching_earlier: 'Of those, previous closes that match.',
        median_volume: 'Median volume in shares.',
      },
    },
    hold: {
      table: 'What a gate held back: a universe, or a whole session.',
      columns: {
        id: 'Number to show, approve or reject it by.',
        run_id: 'Run that found it last.',
        session: 'Session.',
        universe_id: 'Universe. Null: the whole session.',
        gate: 'Gate that holds.',
        measured: 'Figure that was judged.',
        threshold: 'Limit it was judged by.',
        detail: 'Not used.',
        state: 'open, approved or rejected.',
        decided_by: 'Who decided.',
        decided_at: 'When. UTC.',
        decision_reason: 'Reason given with the decision.',
        created_at: 'When it was first found. UTC.',
        message: 'The finding in one sentence.',
        candidate: 'What would have been published: symbols that would arrive and leave, with reasons.',
        candidate_hash: 'Hash of the candidate: an approval is for exactly this.',
        input_hash: 'Hash of the input it was found in.',
        lifted_at: 'When a later run of the session no longer found it. UTC.',
        decided_automatically: 'Settled by a later run, not by a person.',
        keeps_published: 'An earlier publish of the session stands beside the hold.',
      },
    },
    projection: {
      table: 'Rows of cache_entries that this product writes, with a hash of what it wrote.',
      columns: {
        type: 'First part of the row’s key.',
        name: 'Second part of the row’s key.',
        key: 'Third part of the row’s key.',
        environment: 'Fourth part of the row’s key, where the table has one.',
        universe_id: 'Universe that the row shows. Null: statistics.',
        value_hash: 'Hash of the value: an equal one is not written again.',
        row_version: 'Version of the row after the write (xmin): another one means that someone else wrote it since.',
      },
    },
    rejected_row: {
      table: 'Rows of an import that were refused.',
      columns: {
        session: 'Session of the import.',
        source: 'Import source.',
        origin: 'File, or part of the source.',
        row_number: 'Row within it, from 1.',
        symbol: 'Symbol, where one could be read.',
        raw: 'The row as it came.',
        reason: 'Code of the reason.',
        detail: 'The value found and what is allowed.',
        run_id: 'Run that refused it.',
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
    calendar_override: {
      table: 'Not used yet: overrides of the trading calendar are in config/calendar.yaml.',
      columns: {
        date: 'Date in New York.',
        kind: 'closed, early-close or open.',
        reason: 'Reason for people.',
        created_at: 'UTC.',
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

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [name, { table, columns }] of Object.entries(TABLES)) {
    await comment(db, `table pipeline.${name}`, table);
    for (const [column, text] of Object.entries(columns)) await comment(db, `column pipeline.${name}.${column}`, text);
  }
}

async function comment(db: Kysely<unknown>, object: string, text: string): Promise<void> {
  await sql.raw(`comment on ${object} is '${text.replaceAll("'", "''")}'`).execute(db);
}
