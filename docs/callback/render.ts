import { STATUS_CODES } from 'node:http';
import { EVENTS, type EventDefinition } from '../../src/index.js';
import { VERSION } from '../../src/core/version.js';
import { delistingCleanup } from '../../src/events/catalogue/index.js';
import { Normaliser } from './normalise.js';
import { isHeardEverywhere, listSequence, pickEvent } from './pick-events.js';
import type { Capture, Envelope, Exchange } from './recorded.js';
import { shorten } from './shorten.js';
import { writeJson } from './write-json.js';

/** The events that the consumer listens to. */
export const CONTRACT = EVENTS.filter((definition) => definition.isBeyondContract !== true);

/** A line of its own in the template; in the document it stays before the inserted part, so that a check finds it again. */
const MARKER = /^<!-- (?:(exchange|part): )?([^>]+?) -->$/gm;

/**
 * The document: the template with every marker followed by its captured part.
 * @throws when the template has a marker that was not captured, or lacks a captured exchange
 */
export function renderDocument(template: string, capture: Capture, measured: string): string {
  const eventIds = new Set(capture.heard.flatMap(({ body }) => body.event_id ?? []));
  const normaliser = new Normaliser(eventIds);
  const shown = new Set<string>();
  const text = template.replace(MARKER, (marker, kind: string | undefined, name: string) => {
    if (kind === undefined) return marker;
    if (kind === 'part') return renderPart(name, capture, normaliser, measured);
    const exchange = capture.exchanges.get(name);
    if (exchange === undefined) throw new Error(`the template shows an exchange that was not made: ${name}`);
    shown.add(name);
    return `${marker}\n${renderExchange(exchange, normaliser)}`;
  });
  const left = [...capture.exchanges.keys()].filter((name) => !shown.has(name));
  if (left.length > 0) throw new Error(`the template does not show: ${left.join(', ')}`);
  return text;
}

function renderPart(name: string, capture: Capture, normaliser: Normaliser, measured: string): string {
  switch (name) {
    case 'generated':
      return '<!-- Made by `npm run docs:callback` from docs/callback/template.md and a real run: change it there. -->';
    case 'made with':
      return `Version ${VERSION}, ${new Date().toISOString().slice(0, 10)}; made on ${capture.database}, and ${capture.redis}.`;
    case 'envelope':
      return renderEnvelope(capture, normaliser);
    case 'channels':
      return renderChannels();
    case 'events':
      return CONTRACT.map((definition) => renderEvent(capture, definition, normaliser)).join('\n\n');
    case 'sequence of an evening':
      return `${listSequence(capture, capture.runs.evening).join(', ')}.`;
    case 'ends':
      return [capture.runs.cancelled, capture.runs.failed].map((runId) => renderEnd(capture, runId)).join('\n');
    case 'stream':
      return renderStreamEntry(capture, normaliser);
    case 'measured':
      return `<!-- measured -->\n\n${measured.trim()}\n\n<!-- /measured -->`;
    default:
      throw new Error(`the template asks for a part that there is not: ${name}`);
  }
}

/** Method and path, the key, the body of the request; a blank line; status and answer. */
function renderExchange({ method, path, key, request, status, answer }: Exchange, normaliser: Normaliser): string {
  const show = (value: unknown): string => writeJson(shorten(normaliser.value(value)));
  const lines = [
    `${method} ${normaliser.text(path)}`,
    ...(key === null ? [] : [`X-API-Key: ${key}`]),
    ...(request === undefined ? [] : [show(request)]),
    '',
    `${status} ${STATUS_CODES[status] ?? ''}`,
    show(answer),
  ];
  return ['```text', ...lines, '```'].join('\n');
}

function renderChannels(): string {
  const rows = CONTRACT.map(({ event, channels, source, delivery }) => {
    const names = channels.map((channel) => `\`${channel}\``).join(', ');
    return `| \`${event}\` | ${names} | \`${source}\` | ${delivery} |`;
  });
  return ['| event | channels | source | delivery |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function renderEvent(capture: Capture, definition: EventDefinition, normaliser: Normaliser): string {
  const { event, channels, meaning, payload, example } = definition;
  const found = findEvent(capture, definition);
  const shown = found?.payload ?? example;
  const problems = payload.safeParse(shown).error?.issues;
  if (problems) throw new Error(`${event} is not as the catalogue has it: ${JSON.stringify(problems)}`);
  const where = channels.map((channel) => `\`${channel}\``).join(' and ');
  const note = found ? '' : ' This run did not bring it about: the example of the catalogue.';
  const head = `**\`${event}\`** on ${where}. ${meaning}${note}`;
  return [head, `<!-- event: ${event} -->`, '```json', writeJson(shorten(normaliser.value(shown))), '```'].join('\n');
}

/** @throws when it differs from the catalogue */
function findEvent(capture: Capture, definition: EventDefinition): Envelope | undefined {
  const body = pickEvent(capture, definition)?.body;
  if (body === undefined) return undefined;
  const { event, source, delivery } = definition;
  if (!isHeardEverywhere(capture, definition)) throw new Error(`${event} was not heard on all its channels`);
  const isEnvelope = body.source === source && body.version === '1.0' && body.timestamp.endsWith('Z');
  if (!isEnvelope) throw new Error(`${event} has another envelope: ${JSON.stringify(body)}`);
  if (delivery === 'stored' && body.event_id === undefined) throw new Error(`${event} was heard without an id`);
  return body;
}

/** A whole message as published. */
function renderEnvelope(capture: Capture, normaliser: Normaliser): string {
  const body = pickEvent(capture, delistingCleanup)?.body;
  return ['```json', writeJson(normaliser.value(body)), '```'].join('\n');
}

function renderEnd(capture: Capture, runId: string): string {
  return `- ${listSequence(capture, runId).slice(-3).join(', ')}`;
}

/** The format of `XRANGE tickstock:events - +`: field and value alternate. */
function renderStreamEntry({ streamEntry }: Capture, normaliser: Normaliser): string {
  const lines = Object.entries(streamEntry).map(([field, value]) => {
    const shown = field === 'body' ? JSON.stringify(normaliser.value(JSON.parse(value))) : normaliser.text(value);
    return `${field.padEnd(9)} ${shown}`;
  });
  return ['```text', ...lines, '```'].join('\n');
}
