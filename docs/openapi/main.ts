import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { captureExamples } from './capture.js';
import { DOCUMENT, EXAMPLES, generateDocument, writeDocument } from './document.js';
import { renderExamples } from './render-examples.js';

/**
 * Writes the description of the HTTP API, `docs/openapi.json`, from the schemas of the routes.
 *
 * `npm run docs:openapi`               the document alone
 * `npm run docs:openapi -- --examples` sends the requests first and records the examples in `src/http/openapi/examples.ts`; run it again
 *                                      without the option, so that the new examples are read
 */
const { values: options } = parseArgs({ options: { examples: { type: 'boolean', default: false } } });

if (options.examples) {
  const source = renderExamples(await captureExamples());
  await writeFile(EXAMPLES, await format(source, { parser: 'typescript', singleQuote: true, printWidth: 120 }));
  console.log('Recorded: src/http/openapi/examples.ts');
} else {
  await writeFile(DOCUMENT, writeDocument(await generateDocument()));
  console.log('Written: docs/openapi.json');
}
