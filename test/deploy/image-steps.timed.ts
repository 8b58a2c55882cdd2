import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readWav } from '../../src/audio/wav.js';
import { CallClient } from '../../src/cli/call-client.js';
import { freePort } from '../support/redis.js';
import { wordsOf } from './dockerfile.js';
import { NativeImage } from './native-image.js';

const TOKEN = 'a-token-of-a-test-0001';
const CALLER = 'test/fixtures/callers';

let image: NativeImage;
// npm ci, a build and a prune: minutes on a slow line.
beforeAll(async () => {
  image = await NativeImage.build();
  process.stderr.write(`\nThe image's /app has ${image.megabytes} MB; it is run with ${image.confinement}.\n`);
}, 900_000);
afterAll(() => image?.remove());

async function outcome(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  const chunks: Buffer[] = [];
  child.stdout!.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr!.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said: Buffer.concat(chunks).toString() };
}

/** Resolves once it has said so; rejects if it ends before. */
function says(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(text)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code}:\n${said}`)));
  });
}

describe('what the Dockerfile makes', () => {
  it('has what runs, and nothing that only builds or belongs to another machine', () => {
    const there = ['dist/main.js', 'dist/telemetry.js', 'agents/_defaults.yaml', 'config/default.yaml', 'NOTICE'];
    const gone = [
      'src',
      'test',
      '.npmrc',
      'node_modules/typescript',
      'node_modules/@typescript',
      'node_modules/jest',
      'node_modules/.bin/node',
    ];
    const others = [
      `node_modules/node-${process.platform}-${process.arch}`,
      'node_modules/onnxruntime-node/bin/napi-v6/win32',
    ];
    expect(there.filter((file) => !image.has(file))).toEqual([]);
    expect([...gone, ...others].filter((file) => image.has(file))).toEqual([]);
  });

  it('can load every driver there is', async () => {
    const packages = ['onnxruntime-node', 'sherpa-onnx-node', 'soundswallower', 'bullmq', '@azure/cosmos', 'openai'];
    const script = packages.map((name) => `await import('${name}');`).join('');
    const { code, said } = await outcome(image.run(['node', '--input-type=module', '-e', script]));
    expect(said).toBe('');
    expect(code).toBe(0);
  });

  it('can write nowhere but to its volumes', async () => {
    const script = `
      const fs = require('node:fs');
      const tried = ['x', 'dist/main.js', 'config/default.yaml'].map((file) => {
        try { fs.appendFileSync(file, ''); return file; } catch (error) { return error.code; }
      });
      fs.writeFileSync(process.env.DATA_DIR + '/x', '');
      process.stdout.write(process.getuid() + ' ' + tried.join(' '));`;
    const { said } = await outcome(image.run(['node', '-e', script]));
    const [user, ...answers] = said.split(' ');
    expect(Number(user)).not.toBe(0);
    for (const answer of answers) expect(['EROFS', 'EACCES']).toContain(answer);
  });

  it('refuses to start in production when nobody could get in', async () => {
    const { code, said } = await outcome(image.run(wordsOf(image.stage, 'CMD'), { HOST: '127.0.0.1', PORT: '0' }));
    expect(code).toBe(1);
    expect(said).toContain('AUTH_TOKENS');
  });

  it('starts, is healthy, answers a call, and ends well on SIGTERM', async () => {
    const port = String(await freePort());
    const metrics = String(await freePort());
    const own = { HOST: '127.0.0.1', PORT: port, METRICS_HOST: '127.0.0.1', METRICS_PORT: metrics, AUTH_TOKENS: TOKEN };
    const server = image.run(wordsOf(image.stage, 'CMD'), { ...own, INFERENCE_WORKERS: '1' });
    const ended = outcome(server);
    const probe = (where: string): Promise<{ code: number | null }> =>
      outcome(image.run([...wordsOf(image.stage, 'HEALTHCHECK').slice(0, -1), where], { PORT: port }));
    try {
      await says(server, 'Listening on');
      expect((await probe('/api/v1/health')).code).toBe(0);
      while ((await probe('/api/v1/ready')).code !== 0) expect(server.exitCode).toBeNull();
      const call = await CallClient.connect({
        url: `http://127.0.0.1:${port}`,
        token: TOKEN,
        sampleRate: 16_000,
        encoding: 'pcm16',
      });
      await call.agentFinished(20_000);
      const asked = readWav(readFileSync(path.join(CALLER, 'alan-01-balance.wav')));
      const since = call.events.length;
      await call.say(asked.channels[0]!, asked.sampleRate);
      await call.agentFinished(20_000, since);
      expect(call.events.slice(since).map(({ type }) => type)).toContain('generation_complete');
      await call.hangUp();
      const status = async (route: string, method = 'GET'): Promise<number> => {
        const headers = { authorization: `Bearer ${TOKEN}` };
        return (await fetch(`http://127.0.0.1:${port}${route}`, { method, headers })).status;
      };
      for (const route of ['/', '/console/main.js', '/api/v1/docs', '/api/v1/docs/api-docs.js', '/api/v1/openapi.json'])
        expect([route, await status(route)]).toEqual([route, 200]);
      const counted = await fetch(`http://127.0.0.1:${metrics}/metrics`);
      expect(await counted.text()).toContain('voice_sessions_active');
      // What is done is noted where it may be written.
      expect(await status('/api/v1/sessions/nobody', 'DELETE')).toBe(404);
      const noted = (): Promise<{ code: number | null; said: string }> =>
        outcome(image.run(['node', 'dist/cli/main.js', 'audit:check'], own));
      while (!/^[1-9]\d* lines?\b/.test((await noted()).said)) expect(server.exitCode).toBeNull();
      expect((await noted()).code).toBe(0);
    } finally {
      server.kill('SIGTERM');
    }
    const { code, said } = await ended;
    expect(said).toContain('Stopped after');
    expect(said).not.toContain(TOKEN);
    expect(code).toBe(0);
  }, 120_000);
});
