/** The message of an error. Several failed addresses are one AggregateError, which has an empty message itself. */
export function describeError(error: unknown): string {
  const { message, errors = [] } = (error ?? {}) as { readonly message?: string; readonly errors?: readonly unknown[] };
  return message || errors.map(describeError).join('; ') || String(error);
}
