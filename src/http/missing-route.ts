import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PipelineError } from '../index.js';

/** Explains a request without a route: the path is unknown, or only the method. Must be called before routes are added. */
export function explainMissingRoute(
  app: FastifyInstance,
): (request: FastifyRequest, reply: FastifyReply) => PipelineError {
  const routes: { readonly methods: readonly string[]; readonly pattern: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    const escaped = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*');
    const pattern = new RegExp(`^${escaped.replace(/:[A-Za-z_]+/g, '[^/]+')}$`);
    routes.push({ methods: [method].flat(), pattern });
  });
  return (request, reply) => {
    const path = request.url.replace(/\?.*$/s, '');
    const methods = routes.filter(({ pattern }) => pattern.test(path)).flatMap((route) => route.methods);
    const shown = path.length > 100 ? `${path.slice(0, 100)}…` : path;
    // A route can accept the method and still find nothing, such as the one for the files of /docs.
    if (methods.length === 0 || methods.includes(request.method)) {
      return new PipelineError('EOD_NOT_FOUND', `there is no ${shown}`, { hint: 'GET /docs lists every route' });
    }
    const allowed = [...new Set(methods)].toSorted().join(', ');
    reply.header('allow', allowed);
    return new PipelineError('EOD_NOT_FOUND', `${shown} does not support ${request.method}`, {
      hint: `it supports ${allowed}`,
    });
  };
}
