/** A request of one operation, and the answer of the service. */
export interface OperationExample {
  /** Parameters of the path and of the query, by name. */
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  readonly status: number;
  readonly answer: unknown;
}
