import pg from 'pg';
import { systemClock } from '../../src/core/clock.js';
import { silentLogger } from '../../src/core/logger.js';
import { Database } from '../../src/db/database.js';
import { connectRedis } from '../../src/events/redis.js';
import { EventRelay } from '../../src/events/relay.js';

/** A host that starts a relay, and after its first look at the outbox has nothing more to do. */
const [databaseUrl = '', redisUrl = '', withinMs = ''] = process.argv.slice(2);
const database = Database.adopt(new pg.Pool({ connectionString: databaseUrl, allowExitOnIdle: true }));
const redis = connectRedis(redisUrl, { commandTimeoutMs: 1000 });
const relay = new EventRelay({ database, redis, clock: systemClock, logger: silentLogger, streamMaxLength: 100 });
relay.start();
process.stdout.write(String(await relay.drain(Number(withinMs))));
