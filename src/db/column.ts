import type { ColumnType } from 'kysely';

/**
 * A column or a parameter: its type on the server, and what this program reads from it and writes to it. The declaration exists at run time too, so
 * that tests compare it with the database.
 */
export interface Column<Read = unknown, Written = unknown, HasDefault extends boolean = boolean> {
  /** As `regtype` names it. */
  readonly type: string;
  readonly isNullable: boolean;
  readonly hasDefault: HasDefault;
  /** Types only; never set. */
  readonly values?: { readonly read: Read; readonly written: Written };
}

export type Read<Declared> = Declared extends Column<infer Value> ? Value : never;
export type Written<Declared> = Declared extends Column<unknown, infer Value> ? Value : never;

/** A declared column as Kysely knows it. */
export type KyselyColumn<Declared> =
  Declared extends Column<infer Value, infer Input, infer HasDefault>
    ? HasDefault extends true
      ? ColumnType<Value, Input | undefined, Input>
      : ColumnType<Value, Input, Input>
    : never;

function column<Value, Input = Value>(type: string): Column<Value, Input, false> {
  return { type, isNullable: false, hasDefault: false };
}

export const text = column<string>('text');
export const varchar = column<string>('character varying');
export const uuid = column<string>('uuid');
export const boolean = column<boolean>('boolean');
export const smallint = column<number>('smallint');
export const integer = column<number>('integer');
export const double = column<number>('double precision');
/** Arrives as text: a JavaScript number would lose digits silently. `toNumber` (`tables.ts`) is the one place that converts it. */
export const bigint = column<string, number | string>('bigint');
/** Arrives as text, as `bigint` does. */
export const numeric = column<string, number | string>('numeric');
/** Arrives as the pool's parser makes it, which may be a host's: select `to_char` of it (`sessionText`). */
export const date = column<string | Date, string>('date');
export const time = column<string>('time without time zone');
export const instant = column<Date, Date | string>('timestamp with time zone');

/** A transaction's number. */
export const xid8 = column<string>('xid8');

/** What a function without a result gives. */
export const nothing = column<''>('void');

/** Text with a type of its own, such as a session or a state. */
export function textOf<Value extends string>(): Column<Value, Value, false> {
  return column('text');
}

/** Arrives parsed; is written as text. */
export function json<Value>(): Column<Value, string, false> {
  return column('json');
}

/** Arrives parsed; is written as `toJsonb` makes it. */
export function jsonb<Value = unknown>(): Column<Value, string, false> {
  return column('jsonb');
}

export function arrayOf<Value, Input>(element: Column<Value, Input, false>): Column<Value[], readonly Input[], false> {
  return column(`${element.type}[]`);
}

export function orNull<Value, Input>(declared: Column<Value, Input, false>): Column<Value | null, Input | null, false> {
  return { ...column(declared.type), isNullable: true };
}

/** With a default, or counted by the server. */
export function withDefault<Value, Input>(declared: Column<Value, Input, false>): Column<Value, Input, true> {
  return { type: declared.type, isNullable: declared.isNullable, hasDefault: true };
}
