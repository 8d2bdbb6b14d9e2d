const CLASS = /^([A-Z]+)[/.-]([A-Z])$/;

/**
 * A ticker as each kind of feed writes it, the given one first: share classes with a slash (`BRK/B`, the screener), a dot (`BRK.B`, the tape) or
 * a hyphen (`BRK-B`, Yahoo). Every other ticker is written one way.
 */
export function listNotations(symbol: string): readonly string[] {
  const [, root, letter] = CLASS.exec(symbol) ?? [];
  if (root === undefined || letter === undefined) return [symbol];
  return [...new Set([symbol, ...['/', '.', '-'].map((separator) => `${root}${separator}${letter}`)])];
}
