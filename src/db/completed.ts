/** Statuses of a phase, and of a run, that did its work; with holds, a part of it was not published. */
export const COMPLETED = ['completed', 'completed_with_holds'] as const;
