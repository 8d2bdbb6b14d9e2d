import fc from 'fast-check';

/** Closes that move by up to 10 % a day, in steps of a hundredth of a percent, some days not at all. */
export function walks(minBars: number, maxBars: number): fc.Arbitrary<Float64Array> {
  const firstCents = fc.integer({ min: 1, max: 1_000_000 });
  const basisPoints = fc.oneof(fc.constant(0), fc.integer({ min: -1000, max: 1000 }));
  return fc
    .tuple(firstCents, fc.array(basisPoints, { minLength: minBars - 1, maxLength: maxBars - 1, size: 'max' }))
    .map(([cents, changes]) => {
      const closes = [cents / 100];
      for (const change of changes) closes.push((closes.at(-1) ?? 1) * (1 + change / 10_000));
      return Float64Array.from(closes);
    });
}
