import type { Command } from '../command.js';

/**
 * Every command, one line each, in the order of the help; the file is named after the command. Loaded on demand: the pipeline behind most of them
 * takes several times as long to load as Node itself.
 */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['start', async () => (await import('./start.js')).startCommand],
  ['run', async () => (await import('./run.js')).runCommand],
  ['backfill', async () => (await import('./backfill.js')).backfillCommand],
  ['import', async () => (await import('./import.js')).importCommand],
  ['rejected', async () => (await import('./rejected.js')).rejectedCommand],
  ['cancel', async () => (await import('./cancel.js')).cancelCommand],
  ['serve', async () => (await import('./serve.js')).serveCommand],
  ['universe', async () => (await import('./universe.js')).universeCommand],
  ['symbol', async () => (await import('./symbol.js')).symbolCommand],
  ['security', async () => (await import('./security.js')).securityCommand],
  ['diff', async () => (await import('./diff.js')).diffCommand],
  ['series', async () => (await import('./series.js')).seriesCommand],
  ['why', async () => (await import('./why.js')).whyCommand],
  ['holds', async () => (await import('./holds.js')).holdsCommand],
  ['exceptions', async () => (await import('./exceptions.js')).exceptionsCommand],
  ['actions', async () => (await import('./actions.js')).actionsCommand],
  ['bars', async () => (await import('./bars.js')).barsCommand],
  ['parity', async () => (await import('./parity.js')).parityCommand],
  ['handover', async () => (await import('./handover.js')).handoverCommand],
  ['sessions', async () => (await import('./sessions.js')).sessionsCommand],
  ['calendar', async () => (await import('./calendar.js')).calendarCommand],
  ['schedule', async () => (await import('./schedule.js')).scheduleCommand],
  ['notify', async () => (await import('./notify.js')).notifyCommand],
  ['export', async () => (await import('./export.js')).exportCommand],
  ['events', async () => (await import('./events.js')).eventsCommand],
  ['status', async () => (await import('./status.js')).statusCommand],
  ['history', async () => (await import('./history.js')).historyCommand],
  ['doctor', async () => (await import('./doctor.js')).doctorCommand],
  ['db', async () => (await import('./db.js')).dbCommand],
  ['source', async () => (await import('./source.js')).sourceCommand],
  ['init', async () => (await import('./init.js')).initCommand],
  ['config', async () => (await import('./config.js')).configCommand],
  ['completion', async () => (await import('./completion.js')).completionCommand],
]);

/** Commands that describe all others. */
const NEED_ALL: ReadonlySet<string> = new Set(['completion']);

/** The command of that name; every command where there is none, for the help and for suggestions. */
export async function loadCommands(name = ''): Promise<readonly Command[]> {
  const named = NEED_ALL.has(name) ? undefined : COMMANDS.get(name);
  return named ? [await named()] : Promise.all([...COMMANDS.values()].map((load) => load()));
}
