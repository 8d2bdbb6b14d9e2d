/** An error's words. Those of several addresses tried in turn are an AggregateError, which has none of its own. */
export function describeError(error: unknown): string {
  const { message, errors = [] } = (error ?? {}) as { readonly message?: string; readonly errors?: readonly unknown[] };
  return message || errors.map(describeError).join('; ') || String(error);
}
