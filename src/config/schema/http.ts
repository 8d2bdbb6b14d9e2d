import { z } from 'zod';
import { RIGHTS } from '../../core/rights.js';
import { unique } from './fields.js';

/** Any length is accepted, since callers may already have a key. The service warns about short ones. */
const apiKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'a key of 1 to 200 printable ASCII characters, no spaces')
  .meta({ secret: true });

const rights = unique(z.array(z.enum(RIGHTS)).min(1)).default([...RIGHTS]);

const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, {
  error: 'an origin such as https://app.example.com, without a path',
});

export const httpSchema = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('address to listen on; other than loopback only with an API key'),
    port: z.number().int().min(0).max(65_535).default(8080).describe('port to listen on; 0 takes a free one'),
    apiKeys: z.array(apiKey).max(20).default([]).meta({
      secret: true,
      description: 'accepted values of the header X-API-Key; several during a key rotation',
    }),
    apiKeyFile: z
      .string()
      .min(1)
      .optional()
      .describe('file with further API keys, one per line, each with its rights after a space'),
    trustLoopback: z
      .boolean()
      .default(false)
      .describe(
        'accept callers on this machine without a key, if their Host header is local and the request is not from a foreign web page',
      ),
    keyRights: rights.describe('what keys without rights of their own may do; a line of the key file can name its own'),
    loopbackRights: rights.describe('what callers on this machine may do that are accepted without a key'),
    corsOrigins: unique(z.array(origin)).default([]).describe('origins of web pages that may call the API'),
    bodyLimitBytes: z
      .number()
      .int()
      .min(1024)
      .max(10_000_000)
      .default(65_536)
      .describe('maximum size of a request body in bytes'),
    rateLimitPerMinute: z
      .number()
      .int()
      .min(0)
      .max(10_000_000)
      .default(6000)
      .describe('requests per minute for each key; 0 for no limit'),
    logLevel: z
      .enum(['info', 'warn', 'error'])
      .default('info')
      .describe('least important messages that the service logs'),
    onStop: z
      .enum(['finish', 'cancel'])
      .default('finish')
      .describe('whether a run finishes or is cancelled when the service stops'),
    stopTimeoutMs: z
      .number()
      .int()
      .min(0)
      .max(3_600_000)
      .default(60_000)
      .describe('milliseconds a run has to finish when the service stops, before it is cancelled'),
  })
  .prefault({});
