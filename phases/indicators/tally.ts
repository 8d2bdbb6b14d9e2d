import { formatCount } from '../../src/core/format-count.js';
import type { PhaseReport } from '../../src/core/phase.js';
import type { SessionDate } from '../../src/core/session.js';
import type { Computation } from './compute-indicators.js';
import type { Formula } from './formula.js';

const NAMED_FAILURES = 20;

/** Counts the outcome of each symbol, for the report. */
export class IndicatorTally {
  private symbols = 0;
  private successful = 0;
  private skipped = 0;
  private withheld = 0;
  private failedCount = 0;
  private readonly failed: { symbol: string; reason: string }[] = [];
  private readonly computedByType: Map<string, number>;
  private readonly withheldByType = new Map<string, number>();

  /** @param held sessions whose closes are left out */
  constructor(
    formulas: readonly Formula[],
    private readonly held: readonly SessionDate[],
  ) {
    this.computedByType = new Map(formulas.map((formula) => [formula.type, 0]));
  }

  add(symbol: string, computation: Computation): void {
    this.symbols += 1;
    if (computation.kind === 'failure') {
      this.failedCount += 1;
      if (this.failed.length < NAMED_FAILURES) this.failed.push({ symbol, reason: computation.reason });
      return;
    }
    if (computation.values.size === 0) this.skipped += 1;
    else this.successful += 1;
    if ([...computation.values.values()].includes(null)) this.withheld += 1;
    for (const [type, value] of computation.values) {
      const counted = value === null ? this.withheldByType : this.computedByType;
      counted.set(type, (counted.get(type) ?? 0) + 1);
    }
  }

  /** @param written rows of `daily_indicators` that were updated or inserted */
  toReport(written: number, session: SessionDate): PhaseReport {
    const byType = [...this.computedByType];
    const indicators = byType.reduce((sum, [, computed]) => sum + computed, 0);
    return {
      summary:
        `${count(indicators, 'indicator')} of ${count(this.successful, 'symbol')}` +
        (written === 0 ? ', nothing changed' : '') +
        (this.skipped > 0 ? `, ${formatCount(this.skipped)} have too few bars` : '') +
        (this.held.length > 0 ? `, without the closes of ${count(this.held.length, 'held session')}` : '') +
        (this.withheld > 0 ? `, ${count(this.withheld, 'symbol')} with values withheld` : '') +
        (this.failedCount > 0 ? `, ${count(this.failedCount, 'symbol')} failed` : ''),
      changed: written > 0,
      counters: {
        symbols: this.symbols,
        successful: this.successful,
        failed: this.failedCount,
        skipped: this.skipped,
        withheld: this.withheld,
        indicators,
        written,
      },
      warnings: [...this.describeHeld(session), ...this.describeFailures()],
      details: {
        failed: this.failed,
        heldSessions: this.held,
        computed: Object.fromEntries(byType),
        tooFewBars: Object.fromEntries(
          byType.map(([type, computed]) => [type, this.symbols - this.failedCount - computed - this.withheldOf(type)]),
        ),
        withheld: Object.fromEntries(byType.map(([type]) => [type, this.withheldOf(type)])),
      },
    };
  }

  private withheldOf(type: string): number {
    return this.withheldByType.get(type) ?? 0;
  }

  private describeHeld(session: SessionDate): string[] {
    if (!this.held.includes(session)) return [];
    return [
      `the closes of ${session} are not used while the session is held: approve it with \`tickstock holds\`, or correct it`,
    ];
  }

  private describeFailures(): string[] {
    const [first] = this.failed;
    if (first === undefined) return [];
    const others = this.failedCount > 1 ? `, and ${this.failedCount - 1} more, see details.failed` : '';
    return [`no new indicators for ${count(this.failedCount, 'symbol')}: ${first.symbol} (${first.reason})${others}`];
  }
}

function count(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`;
}
