import type { Migration } from 'kysely';
import * as sharedTables from './0001-shared-tables.js';
import * as pipeline from './0002-pipeline.js';
import * as events from './0003-events.js';
import * as trust from './0004-trust.js';
import * as explain from './0005-explain.js';
import * as oneEvening from './0006-one-evening.js';
import * as selections from './0007-selections.js';
import * as tableComments from './0008-comments.js';
import * as commitSeq from './0009-commit-seq.js';
import * as renames from './0010-renames.js';
import * as corporateActions from './0011-corporate-actions.js';
import * as securities from './0012-securities.js';
import * as beliefs from './0013-beliefs.js';
import * as heldSessions from './0014-held-sessions.js';
import * as leases from './0015-leases.js';
import * as verdicts from './0016-verdicts.js';
import * as notifications from './0017-notifications.js';
import * as announcedClosures from './0018-announced-closures.js';
import * as groups from './0019-groups.js';
import * as handover from './0020-handover.js';
import * as hostFacts from './0021-host-facts.js';
import * as measureLimits from './0022-measure-limits.js';

/** Append-only, rolled forward only. A list and not a folder scan, so that it works inside any bundle or host. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-shared-tables': sharedTables,
  '0002-pipeline': pipeline,
  '0003-events': events,
  '0004-trust': trust,
  '0005-explain': explain,
  '0006-one-evening': oneEvening,
  '0007-selections': selections,
  '0008-comments': tableComments,
  '0009-commit-seq': commitSeq,
  '0010-renames': renames,
  '0011-corporate-actions': corporateActions,
  '0012-securities': securities,
  '0013-beliefs': beliefs,
  '0014-held-sessions': heldSessions,
  '0015-leases': leases,
  '0016-verdicts': verdicts,
  '0017-notifications': notifications,
  '0018-announced-closures': announcedClosures,
  '0019-groups': groups,
  '0020-handover': handover,
  '0021-host-facts': hostFacts,
  '0022-measure-limits': measureLimits,
};
