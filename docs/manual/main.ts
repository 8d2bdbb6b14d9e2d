import { mkdir, writeFile } from 'node:fs/promises';
import { runCleanups } from '../../test/support/at-end.js';
import { createTestDatabase } from '../../test/support/database.js';
import { generateManual } from './generate.js';

/** Writes the generated tables of the manual and the JSON schemas of the configuration: `npm run docs:manual`. */
const test = await createTestDatabase();
try {
  await mkdir(new URL('../../config/schema', import.meta.url), { recursive: true });
  for (const [path, text] of await generateManual(test.database)) {
    await writeFile(new URL(`../../${path}`, import.meta.url), text);
    console.log(`Written: ${path}`);
  }
} finally {
  await test.drop();
  await runCleanups();
}
