import { z } from 'zod';

/** The pg client also accepts an address without a host after the user, which is not a valid URL: `postgres://user@/db?host=/run`. */
function isReadableAddress(address: string): boolean {
  return URL.canParse(address) || URL.canParse(address.replace('@/', '@localhost/'));
}

export const databaseSchema = z
  .strictObject({
    url: z
      .string()
      .regex(/^postgres(ql)?:\/\//, { error: 'a postgres:// or postgresql:// address', abort: true })
      .refine(isReadableAddress, {
        error:
          'is an address that cannot be read, not shown here as it may hold a password; allowed: ' +
          'postgres://user:password@host:port/database, with special characters of the password percent-encoded',
      })
      .optional()
      .meta({
        secret: true,
        description: 'address of the PostgreSQL to use; without one an embedded server is started',
      }),
    dataDir: z.string().min(1).default('.tickstock').describe('folder of the embedded server'),
    poolSize: z.number().int().min(4).max(100).default(6).describe('maximum number of connections in the pool'),
    connectTimeoutMs: z
      .number()
      .int()
      .min(100)
      .max(600_000)
      .default(10_000)
      .describe('milliseconds to wait for a connection'),
    clock: z
      .enum(['database', 'process'])
      .default('database')
      .describe('whose time counts: that of the database, on which several hosts agree, or that of this process'),
    autoMigrate: z.boolean().default(true).describe('migrate the database when a command starts'),
  })
  .prefault({});
