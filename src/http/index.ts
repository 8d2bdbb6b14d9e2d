/** The HTTP service, `tickstock-daily/http`: a server of its own, or its routes in a host's Fastify server. */
export { createLogger } from './logger.js';
export { tickstockRoutes, type TickstockRoutesOptions } from './plugin.js';
export { assertProtected, createServer, listen, type ServerOptions } from './server.js';
