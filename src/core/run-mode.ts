/** What a run recomputes: everything, or the universes of cache sync that depend on market caps, themes, or recent listings. */
export const RUN_MODES = ['full', 'market_cap', 'themes', 'ipos'] as const;
export type RunMode = (typeof RUN_MODES)[number];
