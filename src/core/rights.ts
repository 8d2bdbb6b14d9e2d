/**
 * What a caller of the service may do: `read` answers, `operate` runs and the schedule, `decide` about holds and exceptions, `force` a run past
 * the gates. A right includes no other one.
 */
export const RIGHTS = ['read', 'operate', 'decide', 'force'] as const;
export type Right = (typeof RIGHTS)[number];
