import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main as jobsCommand } from '../../src/cli/jobs.js';
import { createApiKey } from '../../src/auth/api-keys.js';
import { JobQueue } from '../../src/pusher/jobs/job-queue.js';
import { Conversations } from '../../src/services/conversations/conversations.js';
import { record } from '../../src/services/conversations/testing/writer-bench.js';
import { TestServer } from '../support/test-server.js';

const folders: string[] = [];
let server: TestServer;

afterEach(async () => {
  await server.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A pusher with one conversation of `acme` that is over, and a dead letter of it. */
async function pusher(): Promise<{ acme: Record<string, string>; bank: Record<string, string>; acmeKey: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-jobs-api-'));
  folders.push(folder);
  const [acme, bank] = ['acme', 'bank'].map((tenant) => createApiKey({ id: tenant, tenant, role: 'operator' }));
  const keys = path.join(folder, 'keys.yaml');
  writeFileSync(keys, JSON.stringify({ keys: [acme!.entry, bank!.entry] }));
  server = await TestServer.start({
    PARLEY_ROLE: 'pusher',
    PUSHER_SECRET: '0123456789abcdef',
    API_KEYS_FILE: keys,
    CONVERSATION_STORE: 'sqlite',
    DATA_DIR: folder,
    JOB_ATTEMPTS: '1',
  });
  const conversations = server.app.get(Conversations, { strict: false });
  await conversations.change('acme', 'over', () => record('over', [1, 2], { status: 'processing' }));
  const queue = server.app.get(JobQueue, { strict: false });
  await queue.put({ id: 'process.lost.1', kind: 'process', payload: { tenant: 'acme', nonsense: true } });
  while ((await queue.stateOf('process.lost.1')) !== 'dead') await new Promise((resolve) => setImmediate(resolve));
  const header = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
  return { acme: header(acme!.key), bank: header(bank!.key), acmeKey: acme!.key };
}

async function send(route: string, headers: Record<string, string>, method = 'POST'): Promise<number> {
  return (await fetch(`${server.url}/api/v1/${route}`, { method, headers })).status;
}

describe('what is done after calls', () => {
  it('is seen by operators, each of their own tenant', async () => {
    const { acme, bank } = await pusher();
    expect((await server.get('/api/v1/jobs', acme)).body).toMatchObject({
      driver: 'sqlite',
      dead: 1,
      dead_letters: [{ id: 'process.lost.1', problem: 'The job asks for nothing that is known here', attempts: 1 }],
    });
    expect((await server.get('/api/v1/jobs', bank)).body).toMatchObject({ dead_letters: [] });
    expect((await server.get('/api/v1/jobs')).status).toBe(401);
    expect(await send('jobs/process.lost.1/retry', bank)).toBe(404);
    expect(await send('jobs/process.lost.1', bank, 'DELETE')).toBe(404);
    expect(await send('jobs/process.lost.1/retry', acme)).toBe(204);
    const queue = server.app.get(JobQueue, { strict: false });
    while ((await queue.stateOf('process.lost.1')) !== 'dead') await new Promise((resolve) => setImmediate(resolve));
    expect(await send('jobs/process.lost.1', acme, 'DELETE')).toBe(204);
    expect(await queue.stateOf('process.lost.1')).toBeUndefined();
  });

  it('is done again for who asks', async () => {
    const { acme, bank } = await pusher();
    expect(await send('conversations/over/process', bank)).toBe(404);
    expect(await send('conversations/over/webhooks', acme)).toBe(409);
    const conversations = server.app.get(Conversations, { strict: false });
    for (const generation of [1, 2]) {
      expect(await send('conversations/over/process', acme)).toBe(202);
      while ((await conversations.find('acme', 'over'))?.insights?.generation !== generation)
        await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await send('conversations/over/webhooks', acme)).toBe(202);
  });

  it('is managed from the command line', async () => {
    const { acmeKey } = await pusher();
    const run = async (...args: string[]): Promise<{ code: number; output: string }> => {
      let output = '';
      const streams = [process.stdout, process.stderr];
      const written = streams.map((stream) => stream.write.bind(stream));
      for (const stream of streams) stream.write = (text: unknown) => ((output += String(text)), true);
      try {
        return { code: await jobsCommand([...args, '--url', server.url, '--token', acmeKey]), output };
      } finally {
        streams.forEach((stream, index) => (stream.write = written[index]!));
      }
    };
    const listed = await run();
    expect(listed.code).toBe(0);
    expect(listed.output).toMatch(
      /^Jobs in sqlite: 0 wait, 0 come later, 0 run, 1 were given up\.\n.*process\.lost\.1 {2}\(1 attempts\)/,
    );
    expect(await run('drop', 'nothing')).toEqual({ code: 1, output: 'nothing: There is no such dead letter\n' });
    expect(await run('drop', 'process.lost.1')).toEqual({ code: 0, output: 'process.lost.1: done\n' });
    expect(await run('retry', '--all')).toEqual({ code: 0, output: 'There are no dead letters.\n' });
    expect((await run('nonsense')).code).toBe(2);
  });
});
