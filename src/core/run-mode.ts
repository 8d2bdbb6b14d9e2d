/** What a run recomputes: everything, or those universes of cache sync that depend on market caps, on themes, on recent listings. */
export const RUN_MODES = ['full', 'market_cap', 'themes', 'ipos'] as const;
export type RunMode = (typeof RUN_MODES)[number];
