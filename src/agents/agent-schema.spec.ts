import { describe, expect, it } from '@jest/globals';
import { agentsReferenceMarkdown } from './agent-reference.js';
import { agentJsonSchemas } from './agent-json-schemas.js';

describe('the schemas for editors', () => {
  const schemas = agentJsonSchemas() as Record<string, Record<string, unknown>>;

  it('refuse unknown keys', () => {
    for (const schema of Object.values(schemas))
      expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(Object.keys(schemas)).toEqual(['agent.schema.json', 'scenario.schema.json']);
  });

  it('demand nothing of an agent that the defaults may hold, and let it take back what they say', () => {
    expect(schemas['agent.schema.json']).not.toHaveProperty('required');
    expect(schemas['agent.schema.json']).toMatchObject({
      properties: { voice: { anyOf: [{ type: 'object', additionalProperties: false }, { type: 'null' }] } },
    });
    expect(schemas['scenario.schema.json']).toHaveProperty('required');
  });
});

describe('the reference', () => {
  it('has a row for every key, with its meaning and range', () => {
    const text = agentsReferenceMarkdown();
    expect(text).toContain('| `voice.rate` | number from 0.5 to 2 |');
    expect(text).toContain('| `dialogue.intents.<name>.requires` | text | An intent to go through first');
    expect(text).toContain('| `handoffs[].kind` | `discrete`, `announced` |');
    expect(text).not.toContain('undefined');
  });
});
