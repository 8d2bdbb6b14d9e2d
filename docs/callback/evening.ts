import { env } from 'node:process';

/**
 * Loaded before the service (`node --import`): its clock starts at EVENING, so that the sample market has the same session whenever and
 * wherever the document is generated. Time continues from there.
 */
const startsAtMs = Date.parse(env['EVENING'] ?? '');
if (Number.isNaN(startsAtMs)) throw new RangeError('EVENING is no instant');
const offsetMs = startsAtMs - Date.now();
const realNow = Date.now.bind(Date);
Date.now = () => realNow() + offsetMs;
