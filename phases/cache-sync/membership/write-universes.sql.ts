import { arrayOf, date, jsonb, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * Adds universes that are new and records changed rules; lists in step.
 *
 * Edges: the first session only moves back, where an older session is published again.
 * Index: universe_type_name_key_key, for the conflict.
 */
export const WRITE_UNIVERSES = statement({
  parameters: {
    types: arrayOf(text),
    names: arrayOf(text),
    keys: arrayOf(text),
    titles: arrayOf(text),
    cacheTypes: arrayOf(text),
    policies: arrayOf(jsonb()),
    policyHashes: arrayOf(text),
    session: date,
  },
  row: {},
  text: `
    insert into pipeline.universe as u (type, name, key, title, cache_type, policy, policy_hash, first_session)
    select *, $8::date from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[])
    on conflict (type, name, key) do update
    set title = excluded.title, cache_type = excluded.cache_type, policy = excluded.policy,
        policy_hash = excluded.policy_hash,
        first_session = least(u.first_session, excluded.first_session)
    where (u.title, u.cache_type, u.policy_hash) is distinct from (excluded.title, excluded.cache_type, excluded.policy_hash)
       or excluded.first_session < u.first_session`,
});
