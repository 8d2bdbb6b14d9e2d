import type { Statement } from '../../src/db/statement.js';

/**
 * Statements whose text depends on the tables of a host: each function that makes one, with a form for each kind of table.
 *
 * @throws for a function without forms
 */
export function listForms(make: unknown): readonly (readonly [form: string, statement: Statement])[] {
  const forms = FORMS.get(make);
  if (forms === undefined)
    throw new Error(`${String((make as { name?: string }).name)} has no forms in statement-forms.ts`);
  return Object.entries(forms());
}

const FORMS = new Map<unknown, () => Readonly<Record<string, Statement>>>([]);
