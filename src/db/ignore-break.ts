/**
 * Listener for the `error` event of a connection that is lent out: without a listener, a connection that breaks would end the process. The
 * next statement on it fails as well, and its caller handles that.
 */
export function ignoreBreak(): void {
  return undefined;
}
