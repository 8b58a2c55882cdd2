import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CHART } from './helm.js';

interface SchemaNode {
  readonly $ref?: string;
  readonly properties?: Record<string, SchemaNode>;
  readonly definitions?: Record<string, SchemaNode>;
}

const schema = JSON.parse(readFileSync(path.join(CHART, 'values.schema.json'), 'utf8')) as SchemaNode;

/** Whether the chart has this value, such as `voice.drain.callsSeconds`; maps of people's own names end the search. */
export function exists(key: string): boolean {
  let node: SchemaNode = schema;
  for (const part of key.split('.')) {
    if (node.$ref) node = schema.definitions![node.$ref.split('/').at(-1)!]!;
    if (!node.properties) return true;
    const next = node.properties[part];
    if (!next) return false;
    node = next;
  }
  return true;
}
