import { describe, expect, it } from '@jest/globals';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CallClient } from '../src/cli/call-client.js';
import { LocalServer } from '../src/cli/local-server.js';
import { packageRoot } from '../src/config/package-root.js';
import { withoutSpeech } from './support/test-server.js';

async function get(server: LocalServer, path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${server.url}/api/v1/${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const dial = (server: LocalServer): Promise<CallClient> =>
  CallClient.connect({ url: server.url, sampleRate: 8000, encoding: 'pcm16' });

describe('the process', () => {
  it('ends although somebody has a connection that says nothing, or has asked and does not read', async () => {
    const server = await LocalServer.start({ ...withoutSpeech });
    const port = Number(new URL(server.url).port);
    const [mute, deaf] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    deaf.pause().write(`GET / HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(20_000));
    const gone = [mute, deaf].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of [mute, deaf]) socket.on('error', () => undefined);
    await get(server, 'health');
    expect(await server.stop()).toBe(0);
    deaf.resume();
    await Promise.all(gone);
  });

  it('answers its probes in the agreed shapes', async () => {
    const server = await LocalServer.start();
    expect(await get(server, 'health')).toEqual({
      status: 200,
      body: {
        status: 'healthy',
        timestamp: expect.any(Number),
        message: 'Parley API v1 is running',
        replica: expect.any(String),
        active_sessions: 0,
        session_metrics: { connected: 0, disconnected: 0, active: 0 },
      },
    });
    const ready = await get(server, 'ready');
    expect(ready.status).toBe(200);
    expect(ready.body).toMatchObject({
      ready: true,
      deferred_startup_complete: true,
      warmup_completed: true,
      mcp_ready: true,
      details: {
        warmup_results: {
          openai: true,
          llm_embedded: true,
          stt_embedded: true,
          tts_embedded: true,
          phrases: expect.any(Number),
          stt_pool: 2,
          tts_pool: 2,
        },
        mcp_servers: {},
      },
    });
    const readiness = await get(server, 'readiness');
    expect(readiness).toMatchObject({
      status: 200,
      body: {
        status: 'ready',
        checks: expect.arrayContaining([
          expect.objectContaining({ component: 'speech', status: 'up', critical: true }),
          expect.objectContaining({ component: 'dialogue', status: 'up', critical: true }),
          expect.objectContaining({
            component: 'agents',
            status: 'up',
            critical: true,
            details: { agents: 3, scenarios: 1, version: expect.stringMatching(/^[0-9a-f]{12}$/) },
          }),
          expect.objectContaining({ component: 'services', status: 'up', critical: true }),
          expect.objectContaining({
            component: 'auth',
            status: 'up',
            critical: false,
            details: { required: false, tokens: 0, api_keys: 0, oidc: false },
          }),
          expect.objectContaining({ component: 'redis', status: 'up', critical: false }),
          expect.objectContaining({ component: 'conversations', status: 'up', critical: false }),
          expect.objectContaining({ component: 'acs', status: 'up', critical: false, details: { configured: false } }),
          expect.objectContaining({ component: 'mcp', status: 'up', critical: false, details: { servers: 0 } }),
        ]),
      },
    });
    const pools = (await get(server, 'pools')).body as { pools: Record<string, Record<string, unknown>> };
    expect(Object.keys(pools.pools)).toEqual(['stt', 'tts']);
    expect(pools.pools.stt).toMatchObject({
      name: 'stt',
      ready: true,
      warm_pool_size: 2,
      warm_pool_target: 2,
      in_use: 0,
      waiting: 0,
    });
    const steps = ((await get(server, 'startup')).body.steps as { name: string }[]).map((step) => step.name);
    expect(steps).toEqual([
      'core',
      'speech',
      'aoai',
      'services',
      'agents',
      'events',
      'speakers',
      'jobs',
      'webhooks',
      'post_call',
      'retention',
      'voice_learning',
      'mcp',
      'warmup',
    ]);
    expect(await server.stop()).toBe(0);
  });

  it('drains: no new calls, readiness 503, health 200, and the live call goes on until the limit', async () => {
    const server = await LocalServer.start({ ...withoutSpeech, SCRIPTED_TTS_WORD_MS: '100', DRAIN_LIMIT_MS: '3000' });
    const call = await dial(server);
    const exited = server.stop('SIGTERM');
    await expect(dial(server)).rejects.toThrow('The server is restarting');
    expect((await get(server, 'ready')).status).toBe(503);
    expect(await get(server, 'readiness')).toMatchObject({
      status: 503,
      body: { status: 'unhealthy', draining: true },
    });
    expect((await get(server, 'health')).status).toBe(200);
    const closed = new Promise<number>((resolve) => call.once('closed', (code) => resolve(code)));
    // The greeting is still spoken to its end.
    await call.agentFinished(10_000);
    expect(await closed).toBe(1012);
    expect(await exited).toBe(0);
  });

  it('stops as soon as the last call has ended', async () => {
    const server = await LocalServer.start({ ...withoutSpeech, DRAIN_LIMIT_MS: '60000' });
    const call = await dial(server);
    const exited = server.stop('SIGINT');
    await call.hangUp();
    expect(await exited).toBe(0);
  });

  it('ends at once at a second signal', async () => {
    const server = await LocalServer.start({ ...withoutSpeech, DRAIN_LIMIT_MS: '60000' });
    const call = await dial(server);
    const closed = new Promise<number>((resolve) => call.once('closed', (code) => resolve(code)));
    const exited = server.stop('SIGTERM');
    // The first has been taken when readiness says so; two that come together count as one.
    while ((await get(server, 'ready')).status === 200);
    await new Promise((resolve) => setTimeout(resolve, 600));
    process.kill(server.pid, 'SIGTERM');
    expect(await exited).toBe(130);
    expect(await closed).toBe(1006);
  });

  it('keeps what was said, and secrets, out of its log, and the session on every line of it', async () => {
    const server = await LocalServer.start({ LOG_LEVEL: 'trace', AUTH_TOKENS: 'hush-hush-token' });
    const call = await CallClient.connect({
      url: server.url,
      sampleRate: 8000,
      encoding: 'pcm16',
      token: 'hush-hush-token',
    });
    await fetch(`${server.url}/api/v1/sessions?token=hush-hush-token`);
    const since = call.events.length;
    call.send({ type: 'user_message', text: 'what is my balance' });
    call.send({ type: 'user_message', text: 'my xylophone' });
    await call.waitFor('an answer', (event) => event.type === 'text_stream_stop', 10_000, since);
    const started = call.events.find((event) => event.type === 'session_started');
    await call.hangUp();
    expect(await server.stop()).toBe(0);
    const log = server.output.join('\n');
    expect(log).not.toMatch(/xylophone|balance|hush-hush/);
    const ofSession = server.output
      .filter((line) => /Session (started|ended)/.test(line))
      .map((line) => JSON.parse(line) as { session_id: string });
    expect(ofSession.map((line) => line.session_id)).toEqual([started?.session_id, started?.session_id]);
  });

  it('says which step failed, where, and exits non-zero', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'parley-agents-'));
    cpSync(path.join(packageRoot, 'agents'), directory, { recursive: true });
    const file = path.join(directory, 'concierge', 'agent.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('greeting:', 'greetin:'));
    await expect(LocalServer.start({ ...withoutSpeech, AGENTS_DIR: directory })).rejects.toThrow(
      /exit code 1[\s\S]*step "agents" failed[\s\S]*concierge\/agent\.yaml:\d+:\d+ greetin/,
    );
  });

  it('lists every bad setting and exits non-zero', async () => {
    await expect(LocalServer.start({ MAX_CONNECTIONS: 'many', VAD: 'ears' })).rejects.toThrow(
      /exit code 1[\s\S]*MAX_CONNECTIONS: was given "many"[\s\S]*VAD: was given "ears"[\s\S]*silero, energy/,
    );
  });

  it('says so when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    await expect(LocalServer.start({ ...withoutSpeech, PORT: String(port) })).rejects.toThrow(
      new RegExp(`exit code 1[\\s\\S]*Port ${port} is taken`),
    );
    other.close();
  });
});
