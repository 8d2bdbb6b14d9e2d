import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { VERSION } from '../../index.js';
import { completeDocument } from './complete-document.js';

/** The page at /docs loads files of this server only. */
const POLICY = {
  'default-src': "'self'",
  'img-src': "'self' data:",
  'style-src': "'self' 'unsafe-inline'",
  'object-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'self'",
  'frame-ancestors': "'none'",
};

/** Describes every route registered after this, from the schemas that also validate the requests: /docs/json, and /docs as a page. */
export async function describeApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'tickstock-daily',
        description:
          'End-of-day pipeline: start runs, follow them, read universes. Every error has the form of `Error`.',
        version: VERSION,
      },
      components: {
        securitySchemes: {
          key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'The same keys, for programs that cannot send X-API-Key.',
          },
        },
      },
      security: [{ key: [] }, { bearer: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => completeDocument(jsonSchemaTransformObject(document)),
  });
  await app.register(async (scope) => {
    // A browser cannot send a key for a page, and the package has the same document; `Authorize` on the page sets the key for its requests.
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, isPublic: true };
    });
    // The page names its files relative to itself. So is the redirect: the prefix of a host or a proxy stays in place.
    scope.addHook('onRequest', async (request, reply) => {
      if (request.url.endsWith('/docs')) await reply.redirect('docs/');
    });
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: POLICY,
      uiConfig: { persistAuthorization: false },
    });
  });
}
