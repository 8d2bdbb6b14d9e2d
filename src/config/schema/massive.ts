import { z } from 'zod';

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The key is in a header of every request: without TLS anyone on the way could read it. */
const address = z.string().refine(
  (text) => {
    if (!URL.canParse(text)) return false;
    const { protocol, hostname, username } = new URL(text);
    return username === '' && (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname)));
  },
  { error: 'an address that begins with https://, or with http:// on this machine, without a user name' },
);

export const massiveSchema = z
  .strictObject({
    apiKey: z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/, 'a key of 1 to 200 printable ASCII characters, no spaces')
      .optional()
      .meta({ secret: true, description: 'key of the API of Massive, formerly Polygon' }),
    url: address.default('https://api.massive.com').describe('address of the API, or of a proxy for it'),
    callsPerMinute: z
      .number()
      .int()
      .min(0)
      .max(100_000)
      .default(0)
      .describe('calls to the API a minute, as the plan allows; 0 for no limit'),
    detailsEverySessions: z
      .number()
      .int()
      .min(0)
      .max(250)
      .default(20)
      .describe(
        'number of sessions in which the details of every stock are asked again, a part in each; 0 asks for no details at all',
      ),
  })
  .prefault({});
