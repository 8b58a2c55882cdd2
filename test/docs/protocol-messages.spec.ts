import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { serverMessageSchema } from '../../src/conversation/session-events.js';
import { parseClientMessage } from '../../src/voice/client-messages.js';

const document = readFileSync('docs/protocol.md', 'utf8');

/** The JSON objects of a text; comments end at the line. */
function objects(text: string): unknown[] {
  const bare = text.replaceAll(/(?<=^|\s)\/\/ .*$/gm, '').replaceAll(/\n(?!\{)/g, ' ');
  return bare.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as unknown] : []));
}

describe('docs/protocol.md', () => {
  it('shows every message of the server, as the schema has it', () => {
    const examples = objects(/```jsonc\n([\s\S]*?)```/.exec(document)![1]!);
    for (const example of examples) expect(serverMessageSchema.safeParse(example).error).toBeUndefined();
    const shown = new Set(examples.map((example) => (example as { type: string }).type));
    expect(shown).toEqual(new Set(serverMessageSchema.options.map((option) => option.shape.type.value)));
  });

  it('shows messages of the client that the server takes', () => {
    const section = document.split('## Client to server')[1]!.split('##')[0]!;
    const examples = [...section.matchAll(/`(\{"type".*?\})`/g)].map((match) => match[1]!);
    expect(examples).toHaveLength(8);
    for (const example of examples) expect(parseClientMessage(example)).not.toHaveProperty('problem');
  });
});
