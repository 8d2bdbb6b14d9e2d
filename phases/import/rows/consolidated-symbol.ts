const TAPE = /^(?<root>[A-Z]+)(?<preferred>p(?<series>[A-Z]*))?(?<rights>r)?(?<suffixes>(\.[A-Z]+)*)(?<whenIssued>w)?$/;

/**
 * A ticker of the consolidated tape in capitals. The tape marks preferred shares, rights and when-issued lines by a small letter: `BACpK`,
 * `CELGr`, `POSTw`. They become `BAC^K`, as the screener writes it, `CELG.R` and `POST.WI`; every other ticker stays as it is.
 *
 * Source: Nasdaq, "CQS symbol convention", https://www.nasdaqtrader.com/Trader.aspx?id=CQSSymbolConvention, November 2026
 */
export function toCapitals(symbol: string): string {
  const found = TAPE.exec(symbol)?.groups;
  if (found === undefined) return symbol;
  const { root = '', preferred, series = '', rights, suffixes = '', whenIssued } = found;
  return (
    root +
    (preferred === undefined ? '' : `^${series}`) +
    (rights === undefined ? '' : '.R') +
    suffixes +
    (whenIssued === undefined ? '' : '.WI')
  );
}
