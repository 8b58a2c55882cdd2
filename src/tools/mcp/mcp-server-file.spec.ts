import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { McpConfig } from '../../config/mcp.config.js';
import { type McpServerSettings, readMcpServers, toolName } from './mcp-server-file.js';

function read(
  files: Record<string, string>,
  settings: Partial<McpConfig> = {},
  env: NodeJS.ProcessEnv = {},
): McpServerSettings[] {
  const directory = mkdtempSync(path.join(tmpdir(), 'parley-mcp-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, `${name}.yaml`), text);
  const config = {
    enabledServers: Object.keys(files),
    requiredServers: [],
    directory,
    connectTimeoutMs: 5000,
    callTimeoutMs: 30_000,
    pingMs: 30_000,
  };
  return readMcpServers({ ...config, ...settings }, '/', env);
}

describe('the file of a tool server', () => {
  it('says how to start it, and which of its tools to use', () => {
    const text =
      'command: node\nargs: [server.mjs]\nenv: { KEY: "${CARD_KEY}" }\ntools: [getCard, { name: block-card, as: block, interruptible: false, timeout_ms: 9000 }]\ncall_timeout_ms: 2000\n';
    expect(read({ cardapi: text }, { requiredServers: ['cardapi'] }, { CARD_KEY: 'k', OTHER: 'o' })).toEqual([
      {
        name: 'cardapi',
        required: true,
        connectTimeoutMs: 5000,
        tools: [
          { remoteName: 'getCard', name: 'cardapi_get_card', interruptible: true, timeoutMs: 2000 },
          { remoteName: 'block-card', name: 'block', interruptible: false, timeoutMs: 9000 },
        ],
        endpoint: { transport: 'stdio', command: 'node', args: ['server.mjs'], env: { KEY: 'k' }, cwd: undefined },
      },
    ]);
  });

  it('says where it is', () => {
    const text = 'url: https://tools.example.com/mcp\nheaders: { Authorization: "Bearer ${TOKEN}" }\ntools: [search]\n';
    expect(read({ knowledge: text }, {}, { TOKEN: 't' })[0]).toMatchObject({
      endpoint: {
        transport: 'streamable-http',
        url: 'https://tools.example.com/mcp',
        headers: { Authorization: 'Bearer t' },
        allowPrivate: false,
      },
      tools: [{ name: 'knowledge_search', timeoutMs: 30_000 }],
    });
  });

  it.each([
    ['tools: [a]', /a\.yaml: (command|url): /],
    ['url: "http://desk:word@tools.example.com/mcp"\ntools: [a]', /: url: must hold no user and password/],
    ['command: x', /tools/],
    ['command: x\ntools: []', /must list the tools/],
    ['url: ftp://x/y\ntools: [a]', /url: /],
    ['command: x\ntools: [a]\ncolour: red', /colour/],
    ['command: x\ntools: [{ name: a, as: Not Snake }]', /snake_case/],
    ['url: https://x/\nheaders: { A: "${NOT_SET}" }\ntools: [a]', /the environment has no NOT_SET/],
    ['command: x\ntools: [get-a, getA]', /two tools named a_get_a/],
    ['{', /a\.yaml: /],
  ])('like %j is refused with what is wrong', (text, problem) => {
    expect(() => read({ a: text })).toThrow(problem);
  });

  it('must be there, and required servers enabled', () => {
    expect(() => read({}, { enabledServers: ['cardapi', '../x'], requiredServers: ['other'] })).toThrow(
      /MCP_REQUIRED_SERVERS: other must be in[\s\S]*there is no .*cardapi.yaml[\s\S]*"..\/x" is no name/,
    );
  });
});

it.each([
  ['cardapi', 'getCard', 'cardapi_get_card'],
  ['card-api', 'get-card', 'card_api_get_card'],
  ['a', 'x'.repeat(80), `a_${'x'.repeat(62)}`],
  ['7digits', 'B2B.find!', 'digits_b2_b_find'],
])('a tool of %s called %s is %s to agents', (server, name, expected) => {
  expect(toolName(server, name)).toBe(expected);
});
