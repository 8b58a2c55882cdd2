import { describe, expect, it } from '@jest/globals';
import type { McpServerSettings } from './mcp-server-file.js';
import { withoutSecrets } from './mcp-failure.js';

const settings: McpServerSettings = {
  name: 'desk',
  required: false,
  connectTimeoutMs: 1000,
  tools: [],
  endpoint: {
    transport: 'streamable-http',
    url: 'https://tools.example.com/mcp?key=word-of-the-query&v=1',
    headers: { Authorization: 'Bearer word-of-the-header' },
    allowPrivate: false,
  },
};

describe('what a tool server says', () => {
  it.each(['word-of-the-header', 'word-of-the-query'])('does not hold %s, which we have told it', (word) => {
    expect(withoutSecrets(`401: who is ${word}?`, settings)).toBe('401: who is ***?');
  });
});
