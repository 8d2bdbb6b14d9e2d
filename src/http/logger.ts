import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

/** Drivers put addresses with passwords into their messages, where redaction by field does not reach. */
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/"]*:)[^\s@/"]+@/gi;
const SECRET_FIELDS = ['x-api-key', 'X-API-Key', 'authorization', 'Authorization', 'cookie', 'apiKey', 'password'];

/** The log of a service: one JSON object per line, keys and passwords redacted. */
export function createLogger(stream: DestinationStream, level = 'info'): PinoLogger {
  const paths = SECRET_FIELDS.flatMap((field) => ['', '*.', '*.*.'].map((depth) => `${depth}["${field}"]`));
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: paths.map((path) => path.replace('.[', '[')), censor: '***' },
      hooks: { streamWrite: (line) => line.replace(URL_PASSWORD, '$1***@') },
    },
    stream,
  );
}
