/** What people are notified of. Each is announced once a session, over all runs and processes. */
export const NOTIFICATION_CAUSES = [
  'session.late',
  'session.missed',
  'session.caught_up',
  'run.failed',
  'run.taken_over',
  'hold.opened',
  'hold.old',
  'exception.opened',
  'exception.old',
] as const;
export type NotificationCause = (typeof NOTIFICATION_CAUSES)[number];
