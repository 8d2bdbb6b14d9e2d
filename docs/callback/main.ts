import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { findSharedData } from '../../bench/support/shared-data.js';
import { capture } from './capture.js';
import { compareParts } from './compare.js';
import { DOCUMENT, parseDocument, readDocument, TEMPLATE } from './document.js';
import { measure } from './measure.js';
import { compilePython } from './python.js';
import { renderDocument } from './render.js';

/**
 * Generates the hand-over document for the consumer's team from a real run: its requests, answers, channels and payloads are those of a
 * service in a process of its own (`capture.ts`), inserted into `template.md`.
 *
 * `npm run docs:callback`               writes the document; measurements are kept
 * `npm run docs:callback -- --measure`  measures too, on the real data in ../shared/data
 * `npm run docs:callback -- --check`    writes nothing; exits with 1 when routes, channels or fields differ from the document's
 */
const { values: options } = parseArgs({
  options: { check: { type: 'boolean', default: false }, measure: { type: 'boolean', default: false } },
});

const NOT_MEASURED = 'Not measured yet: `npm run docs:callback -- --measure`.';

async function main(): Promise<void> {
  const committed = await readDocument().catch(() => '');
  const before = parseDocument(committed);
  const data = options.measure ? findSharedData() : undefined;
  const measured = (data && (await measure(data))) ?? (before.measured || NOT_MEASURED);
  const text = renderDocument(await readFile(TEMPLATE, 'utf8'), await capture(), measured);
  const after = parseDocument(text);
  const wrong = await compilePython(after.python);
  if (wrong !== null && wrong.length > 0) throw new Error(`a snippet of Python does not compile: ${wrong.join('\n')}`);
  const shown = `${after.exchanges.length} exchanges, ${after.events.length} events, ${after.python.length} snippets`;
  if (!options.check) {
    await writeFile(DOCUMENT, text);
    console.log(
      `Written: ${shown}, ${text.split('\n').length} lines${committed === text ? ', the same as before' : ''}`,
    );
    return;
  }
  const differences = compareParts(before, after);
  for (const difference of differences) console.log(`  ${difference}`);
  console.log(
    differences.length === 0 ? `As captured: ${shown}` : 'The document is out of date: npm run docs:callback',
  );
  if (differences.length > 0) process.exitCode = 1;
}

await main();
