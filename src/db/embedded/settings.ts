import { statfs } from 'node:fs/promises';

export type Settings = Readonly<Record<string, string>>;

/** The setting with the pid of the process that started the server, to distinguish an orphan from a shared server. */
export const OWNER_SETTING = 'tickstock.owner_pid';

/**
 * Settings for the machine of one user and one bulk load per evening. Durability keeps PostgreSQL's defaults: fsync, full_page_writes and
 * synchronous_commit stay on.
 */
const TUNED: Settings = {
  shared_buffers: '256MB',
  work_mem: '32MB',
  maintenance_work_mem: '256MB',
  effective_cache_size: '1GB',
  random_page_cost: '1.1',
  // The import of a session writes some hundred MB of WAL; the default of 1 GB leads to forced checkpoints.
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  // There is no replication, and `minimal` lets COPY into a new table skip the WAL.
  wal_level: 'minimal',
  max_wal_senders: '0',
  // JIT costs more than it saves on queries of milliseconds.
  jit: 'off',
  max_connections: '50',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
};

/** All settings of a server; `overrides` take precedence over the tuning, but not over what the launcher relies on. */
export async function serverSettings(port: number, overrides: Settings = {}): Promise<Settings> {
  return {
    ...TUNED,
    ...(await sharedMemorySettings()),
    ...overrides,
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    logging_collector: 'off',
    log_destination: 'stderr',
    [OWNER_SETTING]: String(process.pid),
  };
}

/** Containers often have a /dev/shm of 64 MB, where a parallel query fails with "could not resize shared memory segment". */
async function sharedMemorySettings(): Promise<Settings> {
  if (process.platform !== 'linux') return {};
  const bytes = await statfs('/dev/shm').then(
    (found) => found.blocks * found.bsize,
    () => 0,
  );
  return bytes < 256 * 1024 * 1024 ? { dynamic_shared_memory_type: 'mmap' } : {};
}
