/**
 * Random numbers as a pure function of (seed, counter): any of them can be computed without those before it. Integer arithmetic only, so
 * that every machine gets the same numbers.
 */

/** The output of mulberry32 at a position of its stream: 32 bits, unsigned. Source: Tommy Ettinger's mulberry32, public domain. */
export function mix(seed: number, counter: number): number {
  const state = (seed + Math.imul(counter + 1, 0x6d2b79f5)) | 0;
  let word = Math.imul(state ^ (state >>> 15), 1 | state);
  word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
  return (word ^ (word >>> 14)) >>> 0;
}

/** 0 inclusive to 1 exclusive. */
export function toUniform(word: number): number {
  return word / 4_294_967_296;
}

const BYTE_SUM_DEVIATION = Math.sqrt((4 * (256 ** 2 - 1)) / 12);

/** Close to a standard normal, within ±3.45: the sum of the word's four bytes. Logarithms would take ten times as long. */
export function toGaussian(word: number): number {
  const sum = (word & 0xff) + ((word >>> 8) & 0xff) + ((word >>> 16) & 0xff) + (word >>> 24);
  return (sum - 510) / BYTE_SUM_DEVIATION;
}

/** Successive draws from one seed. */
export class RandomStream {
  readonly #seed: number;
  #counter = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  uniform(): number {
    return toUniform(mix(this.#seed, this.#counter++));
  }

  gaussian(): number {
    return toGaussian(mix(this.#seed, this.#counter++));
  }

  /** 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** @throws RangeError on an empty list */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('pick() from an empty list');
    return item;
  }

  /** An item, with a probability proportional to its weight. */
  pickWeighted<Item extends { readonly weight: number }>(items: readonly Item[]): Item {
    let left = this.uniform() * items.reduce((sum, item) => sum + item.weight, 0);
    const found = items.find((item) => (left -= item.weight) < 0);
    return found ?? this.pick(items);
  }
}
