import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { createApp, listen } from '../../src/configure-app.js';
import { ToolServer } from '../fakes/mcp/tool-server.js';
import { TestServer, withoutSpeech } from '../support/test-server.js';

let tools: ToolServer;
let settings: NodeJS.ProcessEnv;
beforeEach(async () => {
  tools = await ToolServer.start();
  const directory = mkdtempSync(path.join(tmpdir(), 'parley-ready-'));
  const file = { url: tools.url, allow_private_network: true, tools: ['greet'] };
  writeFileSync(path.join(directory, 'cardapi.yaml'), stringify(file));
  settings = { ...withoutSpeech, MCP_DIR: directory, MCP_ENABLED_SERVERS: 'cardapi', DEFERRED_RETRY_MS: '50' };
});
afterEach(() => tools.stop());

const healthy = {
  status: 'healthy',
  required: false,
  transport: 'streamable-http',
  tools_count: 1,
  tool_names: ['cardapi_greet'],
};

describe('a server with tool servers', () => {
  it('shows them when it is ready', async () => {
    const server = await TestServer.start(settings);
    expect(await server.get('/api/v1/ready')).toMatchObject({
      status: 200,
      body: { ready: true, mcp_ready: true, details: { mcp_servers: { cardapi: healthy } } },
    });
    expect(await server.get('/api/v1/readiness')).toMatchObject({ status: 200, body: { status: 'ready' } });
    await server.stop();
  });

  it('is ready without one that is not required, and says that it is missing', async () => {
    tools.fault = 503;
    const server = await TestServer.start(settings);
    expect(await server.get('/api/v1/ready')).toMatchObject({
      status: 200,
      body: {
        ready: true,
        mcp_ready: true,
        details: { mcp_servers: { cardapi: { status: 'unhealthy', tools_count: 0 } } },
      },
    });
    expect(await server.get('/api/v1/readiness')).toMatchObject({ status: 200, body: { status: 'degraded' } });
    await server.stop();
  });

  it('is not ready, but alive, while a required one is missing; and is once it comes', async () => {
    tools.fault = 503;
    const app = await createApp({
      PORT: '0',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'silent',
      NODE_ENV: 'test',
      DRAIN_LIMIT_MS: '0',
      MCP_REQUIRED_SERVERS: 'cardapi',
      ...settings,
    });
    const url = await listen(app);
    const ask = async (route: string) => {
      const response = await fetch(`${url}/api/v1/${route}`);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    let ready = await ask('ready');
    while (!JSON.stringify(ready.body).includes('required: cardapi')) ready = await ask('ready');
    expect(ready).toMatchObject({ status: 503, body: { ready: false, mcp_ready: false } });
    expect((await ask('health')).status).toBe(200);
    tools.fault = 'none';
    while (ready.status !== 200) ready = await ask('ready');
    expect(ready.body).toMatchObject({
      mcp_ready: true,
      details: { mcp_servers: { cardapi: { ...healthy, required: true } } },
    });
    await app.close();
  });
});
