import type { RunMode } from './run-mode.js';
import type { SessionDate } from './session.js';

/** A symbol that would join or leave a universe, and why. */
export interface PreviewedChange {
  readonly symbol: string;
  readonly reason: string;
}

/** The changes of one universe. */
export interface PreviewedUniverse {
  /** `type/name/key`. */
  readonly universe: string;
  readonly added: readonly PreviewedChange[];
  readonly removed: readonly PreviewedChange[];
  /** Why the universe would keep its members; null: it would be published. */
  readonly heldBy: string | null;
}

/** A finding of a gate, as in the report of a run. */
export interface PreviewedGate {
  readonly gate: string;
  readonly status: 'pass' | 'warn' | 'hold';
  /** `type/name/key`, or null for the whole session. */
  readonly universe: string | null;
  readonly measured: number | null;
  readonly threshold: number | null;
  readonly message: string;
}

/** A row of `cache_entries` and the action on it. */
export interface PreviewedRow {
  readonly place: string;
  readonly action: 'insert' | 'update' | 'delete';
}

/** What a phase would do, without writing. */
export interface PhasePreview {
  readonly session: SessionDate;
  readonly mode: RunMode;
  /** One line for people. */
  readonly summary: string;
  /** Only rows that would change or are held. */
  readonly universes: readonly PreviewedUniverse[];
  readonly gates: readonly PreviewedGate[];
  readonly rows: readonly PreviewedRow[];
  readonly unchangedRows: number;
  /** Symbols that would be marked as delisted or as relisted. */
  readonly symbols: readonly { readonly symbol: string; readonly event: string; readonly reason: string }[];
  readonly warnings: readonly string[];
  /** Hash of the membership after the run. */
  readonly membershipHash: string;
}

/** A difference between a row of `cache_entries` and what would be written. */
export interface ParityDifference {
  readonly place: string;
  /** `abandoned`: a run would delete the row; `extra`: it would neither write nor delete it. */
  readonly kind: 'missing' | 'abandoned' | 'extra' | 'order' | 'membership' | 'values';
  readonly detail: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Fields with another value → how often; empty for other kinds. */
  readonly fields: Readonly<Record<string, number>>;
  /** Of an `extra` row: the place of the written row whose members agree most, more than half; null: none does. */
  readonly alike: string | null;
}

/** The published rows compared with what the phase would write. */
export interface PhaseParity {
  readonly session: SessionDate;
  /** Rows that would be written. */
  readonly rows: number;
  readonly equal: number;
  /** Rows with the same members in the same order, whatever is stored about them. */
  readonly sameMembers: number;
  /** Rows that a unique key of the table does not allow. */
  readonly leftOut: readonly string[];
  readonly differences: readonly ParityDifference[];
  /** Rows that another program has written since they were published. */
  readonly rewritten: readonly string[];
  /** Rows that override the configuration and are ignored, and why. */
  readonly ignored: readonly { readonly place: string; readonly reason: string; readonly isWhole: boolean }[];
  /** Groups that would be written, and those of them with the right members; null: the database has none. */
  readonly groups: { readonly rows: number; readonly equal: number } | null;
  readonly warnings: readonly string[];
}

/** Findings to review; nothing is written. */
export interface PreviewRequest {
  readonly session: SessionDate;
  readonly mode: RunMode;
  /** As for a run: gates are skipped. */
  readonly force: boolean;
  readonly at: Date;
  readonly signal?: AbortSignal | undefined;
}
