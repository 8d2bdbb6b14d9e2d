import { boolean, double, text } from './column.js';
import { statement } from './statement.js';
import { isWritten } from './written-tables.js';

/**
 * Bytes of the tables that a run writes, the largest first; a host's partitioned table has those of its partitions. `rows` is what the statistics
 * say; `grows`: it has rows of each session.
 */
export const READ_SIZES = statement({
  parameters: {},
  row: { table: text, rows: double, tableBytes: double, indexBytes: double, grows: boolean },
  text: `
    select case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname as "table", size.rows, size."tableBytes",
           size."indexBytes",
           exists (select from pg_attribute a where a.attrelid = c.oid and a.attname in ('session', 'date') and a.atttypid = 'date'::regtype) as grows
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    cross join lateral (
      select coalesce(sum(greatest(part.reltuples, 0)), 0)::float8 as rows, coalesce(sum(pg_table_size(part.oid)), 0)::float8 as "tableBytes",
             coalesce(sum(pg_indexes_size(part.oid)), 0)::float8 as "indexBytes"
      from pg_class part
      where part.oid = c.oid or c.relkind = 'p' and part.oid in (select relid from pg_partition_tree(c.oid))
    ) size
    where c.relkind in ('r', 'p') and ${isWritten('n.nspname', 'c.relname')}
    order by size."tableBytes" + size."indexBytes" desc, 1`,
});

/** Indexes that no query has used since the statistics of the server began, and that enforce nothing; the largest first. */
export const READ_UNUSED_INDEXES = statement({
  parameters: {},
  row: { index: text, table: text, bytes: double },
  text: `
    select s.indexrelname::text as index, s.relname::text as "table", pg_relation_size(s.indexrelid)::float8 as bytes
    from pg_stat_user_indexes s
    join pg_index i on i.indexrelid = s.indexrelid
    where s.idx_scan = 0 and not i.indisunique and ${isWritten('s.schemaname', 's.relname')}
    order by bytes desc, index`,
});

/** Sessions that are published, and the symbols of all of them together, by the statistics. Index: phase_run_done_idx. */
export const READ_EXTENT = statement({
  parameters: {},
  row: { sessions: double, symbolSessions: double },
  text: `
    select (select count(distinct p.session) from pipeline.phase_run p
            where p.phase = 'cache-sync' and p.status in ('completed', 'completed_with_holds'))::float8 as sessions,
           (select max(greatest(c.reltuples, 0)) from pg_class c
            where c.oid in ('pipeline.valuation'::regclass, 'pipeline.source_quote'::regclass))::float8 as "symbolSessions"`,
});
