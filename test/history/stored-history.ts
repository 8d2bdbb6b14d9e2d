import { randomUUID } from 'node:crypto';
import type { Database } from '../../src/db/database.js';

/** A stored history made by hand, row by row: what syncs would have left behind. Money in USD. */
export class StoredHistory {
  constructor(private readonly database: Database) {}

  /** A completed cache sync of the session. */
  async publish(session: string, finishedAt: string): Promise<string> {
    const id = randomUUID();
    await this.query(
      `insert into pipeline.run (id, session, trigger, mode, force, phases, status, started_at, finished_at)
       values ($1, $2, 'manual', 'full', false, '{cache-sync}', 'completed', $3::timestamptz - interval '1 minute', $3)`,
      [id, session, finishedAt],
    );
    await this.query(
      `insert into pipeline.phase_run (run_id, phase, ordinal, session, status, started_at, finished_at)
       values ($1, 'cache-sync', 2.5, $2, 'completed', $3::timestamptz - interval '1 minute', $3)`,
      [id, session, finishedAt],
    );
    return id;
  }

  /** @returns its id */
  async addUniverse(key: string, policy: Record<string, unknown>, name = 'lists'): Promise<number> {
    const { rows } = await this.database.pool.query<{ id: number }>(
      `insert into pipeline.universe (type, name, key, title, cache_type, policy, policy_hash)
       values ('stock_universe', $1, $2, initcap(replace($2, '_', ' ')), 'market_leader', $3::jsonb, md5($3::jsonb::text)) returning id`,
      [name, key, JSON.stringify(policy)],
    );
    return rows[0]?.id ?? 0;
  }

  async addMembers(
    universe: number,
    symbols: readonly string[],
    span: { from: string; to?: string; knownFrom?: string; knownTo?: string },
  ): Promise<void> {
    await this.query(
      `with security as (
         insert into pipeline.security (first_ticker, first_session, recorded_at)
         select symbol, '-infinity', now() from unnest($2::text[]) as symbol
         on conflict (first_ticker, first_session) do update set first_ticker = excluded.first_ticker
         returning id, first_ticker
       ), ticker as (
         insert into pipeline.security_ticker (security_id, ticker, valid_from, known_from)
         select id, first_ticker, '-infinity', now() from security
         on conflict do nothing
       )
       insert into pipeline.membership (universe_id, symbol, valid_from, valid_to, known_from, known_to, run_in, security_id)
       select $1, first_ticker, $3, $4, $5, $6, gen_random_uuid(), id from security`,
      [universe, symbols, span.from, span.to ?? null, span.knownFrom ?? evening(span.from), span.knownTo ?? null],
    );
  }

  /** Audit rows: `+NVDA` came, `-NVDA` went. */
  async addChanges(
    universe: number,
    session: string,
    changes: Readonly<Record<string, string>>,
    { knownAt, supersededAt }: { knownAt?: string; supersededAt?: string } = {},
  ): Promise<void> {
    for (const [change, reason] of Object.entries(changes)) {
      const action = change.startsWith('+') ? 'added' : 'removed';
      await this.query(
        `insert into pipeline.membership_change (run_id, session, universe_id, symbol, action, reason, known_at, superseded_at)
         values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7)`,
        [session, universe, change.slice(1), action, reason, knownAt ?? evening(session), supersededAt ?? null],
      );
    }
  }

  /** Figures of a session; shares are cap ÷ close, ranks as given. */
  async addValuations(session: string, valuations: readonly Valuation[]): Promise<void> {
    await this.query(
      `insert into pipeline.valuation (session, symbol, close, price_session, shares, market_cap_usd, dollar_volume_usd, source, rank,
                                       exclusion, flags, raw_cap_usd, suspect_sessions, sector_group, sector_rank, etf_rank)
       select $1, symbol, 10, coalesce("priceSession", $1), cap / 10, cap, coalesce(volume, 1000), coalesce(source, 'close_x_shares'),
              rank, exclusion, coalesce(flags, '{}'), "rawCap", coalesce(suspect, 0),
              "sectorGroup", "sectorRank", "etfRank"
       from jsonb_to_recordset($2::jsonb) as v (symbol text, cap bigint, volume bigint, source text, rank integer, exclusion text,
         flags text[], "rawCap" bigint, suspect smallint, "priceSession" date, "sectorGroup" text, "sectorRank" integer, "etfRank" integer)`,
      [session, JSON.stringify(valuations)],
    );
  }

  /** Limits that were applied to a universe in a session, as `write-selections.ts` stores them. */
  async addLimits(universe: number, session: string, limits: Readonly<Record<string, unknown>>): Promise<void> {
    await this.query(`insert into pipeline.selection (session, universe_id, limits) values ($1, $2, $3)`, [
      session,
      universe,
      JSON.stringify(limits),
    ]);
  }

  async query(text: string, values: readonly unknown[]): Promise<void> {
    await this.database.pool.query(text, [...values]);
  }
}

export interface Valuation {
  readonly symbol: string;
  readonly cap: number | null;
  readonly rank?: number;
  readonly volume?: number;
  readonly source?: string;
  readonly exclusion?: string;
  readonly flags?: readonly string[];
  readonly rawCap?: number;
  readonly suspect?: number;
  readonly priceSession?: string;
  readonly sectorGroup?: string;
  readonly sectorRank?: number;
  readonly etfRank?: number;
}

/** Six in the evening in New York, when a session is published. */
export function evening(session: string): string {
  return `${session}T22:00:00Z`;
}
