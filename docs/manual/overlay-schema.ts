import type { SchemaNode } from '../../src/config/schema-tree.js';

const REPLACE = { type: 'boolean', description: 'true: nothing of the shipped one stays' } as const;
const REMOVE = { type: 'boolean', description: 'true: the shipped entry with this key is removed' } as const;

/**
 * What a file of a configuration folder may hold (`src/config/overlay.ts`): any part of the settings, beside the instructions `replace`, `remove` and
 * `{ add, remove }` for a list of plain values. A shipped file is such a file too.
 */
export function toOverlaySchema(node: SchemaNode): SchemaNode {
  return relax(node);
}

function relax(node: SchemaNode): SchemaNode {
  const {
    required: _required,
    identity: _identity,
    secret: _secret,
    ...rest
  } = node as SchemaNode & Record<string, unknown>;
  if (node.type === 'object') return { ...rest, ...withInstructions(node, { replace: REPLACE }) };
  const items = node.items;
  if (node.type !== 'array' || typeof items !== 'object' || Array.isArray(items)) return rest;
  if (items.type !== 'object') return { anyOf: [rest, editOf(items)], ...describe(node) };
  const identity = node['identity'];
  // A list without keys is given whole, and so are its entries.
  if (typeof identity !== 'string') return rest;
  const { required: _whole, ...entry } = items;
  const instructions = { replace: REPLACE, remove: REMOVE };
  return { ...rest, items: { ...entry, ...withInstructions(items, instructions), required: [identity] } };
}

function withInstructions(node: SchemaNode, instructions: Readonly<Record<string, SchemaNode>>): SchemaNode {
  const properties = Object.entries(node.properties ?? {}).map(([key, child]) => [
    key,
    typeof child === 'object' ? relax(child) : child,
  ]);
  return { properties: { ...(Object.fromEntries(properties) as Record<string, SchemaNode>), ...instructions } };
}

function editOf(items: SchemaNode): SchemaNode {
  const values = { type: 'array', items } as const;
  return {
    type: 'object',
    properties: {
      add: { ...values, description: 'added to the shipped list' },
      remove: { ...values, description: 'taken out of the shipped list' },
    },
    additionalProperties: false,
    minProperties: 1,
  };
}

function describe({ description }: SchemaNode): SchemaNode {
  return description === undefined ? {} : { description };
}
