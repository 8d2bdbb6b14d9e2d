import { z } from 'zod';
import { configSchema } from './schema/index.js';

/** Where a value is: `['universes', 'bands', 0, 'minUsd']`. */
export type ConfigPath = readonly (string | number)[];

export type SchemaNode = z.core.JSONSchema.JSONSchema;

/** The schema as plain data (JSON Schema), which can be walked without handling each wrapper class of zod. */
export const configTree: SchemaNode = z.toJSONSchema(configSchema, { io: 'input' });

/** `universes.bands[0].minUsd` */
export function formatPath(path: ConfigPath): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
}

export function childSchema(node: SchemaNode | undefined, part: string | number): SchemaNode | undefined {
  const child = typeof part === 'number' ? node?.items : node?.properties?.[part];
  return typeof child === 'object' && !Array.isArray(child) ? child : undefined;
}

export function schemaAt(path: ConfigPath): SchemaNode | undefined {
  return path.reduce<SchemaNode | undefined>(childSchema, configTree);
}

/** True where the value itself, or anything in it, may be a password. */
export function holdsSecret(node: SchemaNode | undefined): boolean {
  if (node === undefined) return false;
  return (
    node['secret'] === true || Object.keys(node.properties ?? {}).some((key) => holdsSecret(childSchema(node, key)))
  );
}

/** Allowed values as text: `a whole number from 3 to 100`. */
export function describeAllowed(node: SchemaNode | undefined): string {
  if (node?.enum) return `one of ${node.enum.join(', ')}`;
  switch (node?.type) {
    case 'object':
      return `a mapping with ${Object.keys(node.properties ?? {}).join(', ')}`;
    case 'array':
      return describeList(node);
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `a whole number${describeRange(node)}`;
    case 'number':
      return `a number${describeRange(node)}`;
    case 'string':
      return describeText(node);
    default:
      return 'nothing';
  }
}

function describeList(node: SchemaNode): string {
  const items = childSchema(node, 0);
  const least = node.minItems === undefined ? '' : `, at least ${node.minItems}`;
  const most = node.maxItems === undefined ? '' : `, at most ${node.maxItems}`;
  return `a list${least}${most}, each ${describeAllowed(items)}`;
}

function describeText(node: SchemaNode): string {
  if (node.format === 'date') return 'a date written YYYY-MM-DD';
  if (node.maxLength !== undefined) return `text of ${node.minLength ?? 0} to ${node.maxLength} characters`;
  return node.minLength === undefined ? 'text' : 'text that is not empty';
}

function describeRange(node: SchemaNode): string {
  // A whole number without an upper bound has the largest safe integer here, which is of no use to the reader.
  const max = node.maximum === Number.MAX_SAFE_INTEGER ? undefined : node.maximum;
  const min = node.exclusiveMinimum === 0 && node.type === 'integer' ? 1 : node.minimum;
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return `, ${min} or more`;
  return max === undefined ? '' : `, ${max} or less`;
}
