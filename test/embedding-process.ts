/** A host that embeds a service, closes it, and has nothing else to do: it ends by itself, or never. */
import { createPipeline } from '../src/container.js';
import { parseSessionDate } from '../src/core/session.js';

const pipeline = await createPipeline({
  config: { environment: process.env, options: { import: { source: 'existing' } } },
});
pipeline.service.start();
const { status } = await pipeline.run({ session: parseSessionDate(process.argv[2] ?? ''), phases: ['import'] });
await pipeline.close();
process.stdout.write(status);
