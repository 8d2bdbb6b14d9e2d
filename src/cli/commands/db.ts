import { loadCliConfig, withoutRedis, withPipeline, type Command, type GlobalOptions } from '../command.js';
import { writeJson, writeLine } from '../output.js';

export const dbCommand: Command = {
  register(program, terminal, setExitCode) {
    const db = program
      .command('db')
      .summary('create, adopt and check the database schema')
      .description('Creates missing tables, adopts existing ones, and shows the state of the schema.')
      .addHelpText('after', '\nExamples:\n  DATABASE_URL=postgres://… tickstock db migrate\n  tickstock db status\n');
    db.command('migrate')
      .description('apply pending migrations; nothing existing is dropped, retyped or rewritten')
      .addHelpText('after', '\nExample:\n  tickstock db migrate\n')
      .action(async (_: unknown, command: { optsWithGlobals(): GlobalOptions }) => {
        const options = command.optsWithGlobals();
        const config = loadCliConfig(options, terminal);
        await withPipeline(terminal, { config: withoutRedis(config), schema: 'leave' }, async (pipeline) => {
          const applied = await pipeline.schema.migrate();
          if (options.json) writeJson(terminal, { applied });
          else if (applied.length === 0) writeLine(terminal.out, `${pipeline.storage.location} is up to date`);
          else writeLine(terminal.out, `${pipeline.storage.location}: applied ${applied.join(', ')}`);
          setExitCode(0);
        });
      });
    db.command('status')
      .description('show applied and pending migrations')
      .addHelpText('after', '\nExample:\n  tickstock db status --json\n')
      .action(async (_: unknown, command: { optsWithGlobals(): GlobalOptions }) => {
        const options = command.optsWithGlobals();
        const config = loadCliConfig(options, terminal);
        await withPipeline(terminal, { config: withoutRedis(config), schema: 'leave' }, async (pipeline) => {
          const status = await pipeline.schema.status();
          if (options.json) writeJson(terminal, { ...status, database: pipeline.storage });
          else {
            writeLine(terminal.out, `  Database  ${pipeline.storage.location}`);
            writeLine(terminal.out, `  Applied   ${status.applied.join(', ') || 'none'}`);
            writeLine(terminal.out, `  Pending   ${status.pending.join(', ') || 'none'}`);
          }
          setExitCode(0);
        });
      });
  },
};
