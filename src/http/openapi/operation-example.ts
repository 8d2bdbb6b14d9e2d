/** What was sent to one operation, and what the service answered. */
export interface OperationExample {
  /** Parameters of the path and of the query, by name. */
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  readonly status: number;
  readonly answer: unknown;
}
