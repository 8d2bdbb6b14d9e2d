import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import { fastify } from 'fastify';
import type { z } from 'zod';
import { generateDocument, readDocument, writeDocument } from '../../docs/openapi/document.js';
import { tickstockRoutes } from '../../src/http/index.js';
import { EXAMPLES } from '../../src/http/openapi/examples.js';
import { startService } from './service.js';

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly required?: boolean; readonly example?: unknown }[];
  readonly requestBody?: { readonly content: Record<string, { readonly example?: unknown }> };
  readonly responses: Record<string, { readonly description: string; readonly content?: Record<string, Example> }>;
}
interface Example {
  readonly example?: unknown;
}

/** The schemas of a route, as it validates with them. */
interface RouteSchemas {
  readonly params?: z.ZodType;
  readonly querystring?: z.ZodType;
  readonly body?: z.ZodType;
  readonly response: Record<string, z.ZodType | { readonly content: object }>;
}

describe('the OpenAPI document', () => {
  let document: { readonly paths: Record<string, Record<string, Operation>> };
  let operations: Operation[];

  before(async () => {
    document = (await generateDocument()) as typeof document;
    operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  });

  it('is committed as the service serves it: `npm run docs:openapi` writes it', async () => {
    expect(writeDocument(document)).to.equal(await readDocument());
  });

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();

    const { valid, errors } = await validator.validate(structuredClone(document));

    expect(errors).to.equal(undefined);
    expect([valid, validator.version]).to.deep.equal([true, '3.1']);
  });

  it('names every operation once, verb first, with a summary and a tag', () => {
    const ids = operations.map(({ operationId = '' }) => operationId);

    expect(new Set(ids).size).to.equal(ids.length);
    for (const id of ids) {
      expect(id).to.match(
        /^(announce|approve|cancel|compare|explain|get|list|reject|retry|start|stream|update|withdraw)[A-Z][A-Za-z]+$/,
      );
    }
    for (const { operationId, summary = '', tags = [] } of operations) {
      expect(summary, operationId).to.match(/^[A-Z].{5,}[^.]$/);
      expect(tags, operationId).to.have.length(1);
    }
  });

  it('shows an example of every required parameter, every body and every answer', () => {
    for (const { operationId, parameters = [], requestBody, responses } of operations) {
      const missing = parameters.filter(({ required, example }) => required === true && example === undefined);
      expect(
        missing.map(({ name }) => name),
        operationId,
      ).to.deep.equal([]);
      for (const media of Object.values(requestBody?.content ?? {})) {
        expect(media.example, operationId).to.be.an('object');
      }
      const answers = ['200', '202', '4XX'].flatMap((status) => Object.values(responses[status]?.content ?? {}));
      expect(answers.length, operationId).to.be.at.least(2);
      for (const { example } of answers) expect(example, operationId).to.satisfy(isObjectOrText);
    }
  });

  it('describes every status', () => {
    const descriptions = operations.flatMap(({ responses }) =>
      Object.values(responses).map((each) => each.description),
    );

    expect(descriptions.filter((text) => text === '' || text === 'Default Response')).to.deep.equal([]);
  });
});

describe('the recorded examples', () => {
  let schemas: Map<string, RouteSchemas>;

  before(async () => {
    const service = await startService({ listening: false });
    const host = fastify();
    schemas = new Map();
    host.addHook('onRoute', ({ method, schema }) => {
      const { operationId, ...parts } = (schema ?? {}) as { operationId?: string } & RouteSchemas;
      if (operationId !== undefined && method !== 'HEAD') schemas.set(operationId, parts);
    });
    await host.register(tickstockRoutes, { pipeline: service.pipeline });
    await host.ready();
    await host.close();
    await service.close();
  });

  it('are of the operations that there are', () => {
    expect(Object.keys(EXAMPLES)).to.have.members([...schemas.keys()]);
  });

  it('are requests that the routes accept', () => {
    for (const [id, { parameters = {}, body }] of Object.entries(EXAMPLES)) {
      const { params, querystring, body: bodySchema } = schemas.get(id) ?? { response: {} };
      const names = Object.keys((params as z.ZodObject | undefined)?.shape ?? {});
      const entries = Object.entries(parameters).map(([name, value]) => [name, String(value)] as const);
      const [path, query] = [true, false].map((isPath) =>
        Object.fromEntries(entries.filter(([name]) => names.includes(name) === isPath)),
      );

      expect(params?.safeParse(path).error, id).to.equal(undefined);
      expect(querystring?.safeParse(query).error, id).to.equal(undefined);
      expect(bodySchema?.safeParse(body).error, id).to.equal(undefined);
      expect(body === undefined, id).to.equal(bodySchema === undefined);
    }
  });

  it('are answers as the routes describe them', () => {
    for (const [id, { status, answer }] of Object.entries(EXAMPLES)) {
      const schema = schemas.get(id)?.response[status];
      if (schema === undefined) throw new Error(`${id} does not describe ${status}`);
      if ('safeParse' in schema) expect(schema.safeParse(answer).error, id).to.equal(undefined);
      else expect(answer, id).to.be.a('string');
    }
  });
});

function isObjectOrText(value: unknown): boolean {
  return typeof value === 'string' ? value !== '' : typeof value === 'object' && value !== null;
}
