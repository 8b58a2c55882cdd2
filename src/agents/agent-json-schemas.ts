import { z } from 'zod';
import { agentFile, scenarioFile } from './agent-schema.js';

/** JSON Schemas for editors, by file name under docs/. */
export function agentJsonSchemas(): Record<string, object> {
  return {
    // What an agent's own file leaves out, `_defaults.yaml` may hold.
    'agent.schema.json': { title: 'Parley agent', ...withoutRequired(z.toJSONSchema(agentFile, { io: 'input' })) },
    'scenario.schema.json': { title: 'Parley scenario', ...z.toJSONSchema(scenarioFile, { io: 'input' }) },
  };
}

type Schema = Record<string, unknown>;

/** Nothing is required in maps, which are merged with the defaults; lists are replaced as a whole. */
function withoutRequired(schema: Schema): Schema {
  const { required: _, ...rest } = schema;
  const entries = rest['additionalProperties'];
  if (typeof entries === 'object' && entries !== null) {
    rest['additionalProperties'] = nullable(withoutRequired(entries as Schema));
  }
  if (rest['properties']) {
    rest['properties'] = Object.fromEntries(
      Object.entries(rest['properties'] as Record<string, Schema>).map(([key, value]) => [
        key,
        nullable(withoutRequired(value)),
      ]),
    );
  }
  return rest;
}

/** `null` takes back what the defaults say. */
function nullable(schema: Schema): Schema {
  return {
    anyOf: [schema, { type: 'null' }],
    ...(schema['description'] ? { description: schema['description'] } : {}),
  };
}
