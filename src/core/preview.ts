import type { RunMode } from './run-mode.js';
import type { SessionDate } from './session.js';

/** A symbol that would begin or end a membership, and why. */
export interface PreviewedChange {
  readonly symbol: string;
  readonly reason: string;
}

/** What would happen to one universe. */
export interface PreviewedUniverse {
  /** `type/name/key`. */
  readonly universe: string;
  readonly added: readonly PreviewedChange[];
  readonly removed: readonly PreviewedChange[];
  /** Why it would keep its members all the same; null: it would be published. */
  readonly heldBy: string | null;
}

/** A finding of a gate, as the report of a run has it. */
export interface PreviewedGate {
  readonly gate: string;
  readonly status: 'pass' | 'warn' | 'hold';
  /** `type/name/key`, or null for the whole session. */
  readonly universe: string | null;
  readonly measured: number | null;
  readonly threshold: number | null;
  readonly message: string;
}

/** A row of `cache_entries` and what would become of it. */
export interface PreviewedRow {
  readonly place: string;
  readonly action: 'insert' | 'update' | 'delete';
}

/** What a phase would do, with nothing written. */
export interface PhasePreview {
  readonly session: SessionDate;
  readonly mode: RunMode;
  /** One line for people. */
  readonly summary: string;
  /** Only those that would change or are held. */
  readonly universes: readonly PreviewedUniverse[];
  readonly gates: readonly PreviewedGate[];
  readonly rows: readonly PreviewedRow[];
  readonly unchangedRows: number;
  /** Symbols that would be marked as delisted, or as back. */
  readonly symbols: readonly { readonly symbol: string; readonly event: string; readonly reason: string }[];
  readonly warnings: readonly string[];
  /** Hash of the membership as it would be. */
  readonly membershipHash: string;
}

/** One way in which a row of `cache_entries` differs from what would be written. */
export interface ParityDifference {
  readonly place: string;
  readonly kind: 'missing' | 'extra' | 'order' | 'membership' | 'values';
  readonly detail: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** The published rows beside what the phase would write. */
export interface PhaseParity {
  readonly session: SessionDate;
  /** Rows that would be written. */
  readonly rows: number;
  readonly equal: number;
  readonly differences: readonly ParityDifference[];
}

/** What to look at: nothing is written. */
export interface PreviewRequest {
  readonly session: SessionDate;
  readonly mode: RunMode;
  /** As of a run: gates are skipped. */
  readonly force: boolean;
  readonly at: Date;
  readonly signal?: AbortSignal | undefined;
}
