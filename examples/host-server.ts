/** A host's Fastify server and tsyringe container, the routes below /tickstock: `DATABASE_URL=… PORT=3000 npx tsx examples/host-server.ts` */
import 'reflect-metadata';
import { fastify } from 'fastify';
import pg from 'pg';
import { registerTickstock, TOKENS } from 'tickstock-daily';
import { tickstockRoutes } from 'tickstock-daily/http';
import { container } from 'tsyringe';
import { PatternDetection } from './pattern-detection.js';

const { DATABASE_URL, PORT = '3000' } = process.env;
const server = fastify({ logger: true, forceCloseConnections: true });
const pool = new pg.Pool({ connectionString: DATABASE_URL });
pool.on('error', (error) => server.log.warn(error, 'a connection was lost'));
container.register(PatternDetection, { useFactory: () => new PatternDetection(pool) });

await registerTickstock(container, {
  database: pool,
  phases: [PatternDetection], // built by the host's container
  logger: server.log,
  // REDIS_URL, TICKSTOCKPL_API_KEY and other variables apply, because the environment is passed
  config: { environment: process.env, options: { import: { source: 'existing' } } },
});
const pipeline = container.resolve(TOKENS.pipeline);

server.get('/', () => ({ service: 'a route of the host' }));
await server.register(tickstockRoutes, { pipeline, prefix: '/tickstock', logger: server.log });
server.addHook('onClose', async () => {
  await pipeline.close();
  await pool.end();
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close());

pipeline.service.start(); // starts the run of every evening, if the schedule is enabled
await server.listen({ host: '127.0.0.1', port: Number(PORT) });
