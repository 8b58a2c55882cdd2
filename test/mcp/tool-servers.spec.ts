import { afterEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { Environment } from '../../src/config/environment.js';
import { McpConfig } from '../../src/config/mcp.config.js';
import { Aborted } from '../../src/kernel/abort.js';
import { ManualClock } from '../../src/kernel/clock.js';
import { McpServers } from '../../src/tools/mcp/mcp-servers.js';
import { toolContext } from '../../src/tools/testing/tool-context.js';
import { ToolRegistry, type ToolRun } from '../../src/tools/tool-registry.js';
import { EverythingServer, everythingOverStdio } from '../fakes/mcp/everything-server.js';
import { ToolServer } from '../fakes/mcp/tool-server.js';
import { recordLog } from '../support/replicas.js';

const PING_MS = 30_000;
const context = toolContext([]);

class Bench {
  readonly clock = new ManualClock();
  readonly registry = new ToolRegistry(this.clock);
  readonly servers: McpServers;

  constructor(files: Record<string, object>, required: string[] = [], env: NodeJS.ProcessEnv = {}) {
    const directory = mkdtempSync(path.join(tmpdir(), 'parley-tools-'));
    for (const [name, file] of Object.entries(files))
      writeFileSync(path.join(directory, `${name}.yaml`), stringify(file));
    const config = Object.assign(new McpConfig(), {
      enabledServers: Object.keys(files),
      requiredServers: required,
      directory,
      connectTimeoutMs: 5000,
      callTimeoutMs: 30_000,
      pingMs: PING_MS,
    });
    this.servers = new McpServers(config, new Environment(env), this.registry, this.clock);
    this.servers.onModuleInit();
  }

  offered(...names: string[]): string[] {
    return this.registry.definitions(names, context).map((tool) => tool.name);
  }

  run(name: string, args: object = {}, signal = new AbortController().signal): Promise<ToolRun> {
    return this.registry.run({ callId: 'c', name, arguments: JSON.stringify(args) }, toolContext([name]), signal);
  }

  /** Time stands still here: waits for what happens between processes, at most 10 s of real time. */
  async until(condition: () => boolean): Promise<void> {
    const giveUpAt = performance.now() + 10_000;
    while (!condition()) {
      if (performance.now() > giveUpAt) throw new Error(`Not so: ${JSON.stringify(this.servers.status())}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of cleanUp.splice(0).toReversed()) await stop();
});

async function started(files: Record<string, object>, required?: string[], env?: NodeJS.ProcessEnv): Promise<Bench> {
  const bench = new Bench(files, required, env);
  cleanUp.push(() => bench.servers.stop());
  await bench.servers.start();
  return bench;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function toolServer(): Promise<ToolServer> {
  const server = await ToolServer.start();
  cleanUp.push(() => server.stop());
  return server;
}

describe('the reference server, as a child process', () => {
  it('brings the tools that are allowed, and no others', async () => {
    const bench = await started({ everything: { ...everythingOverStdio, tools: ['echo', 'get-sum', 'no-such-tool'] } });
    const names = ['everything_echo', 'everything_get_sum', 'everything_get_env', 'everything_no_such_tool'];
    expect(bench.offered(...names)).toEqual(['everything_echo', 'everything_get_sum']);
    const [sum] = bench.registry.definitions(['everything_get_sum'], context);
    expect(sum).toMatchObject({ parameters: { type: 'object', required: ['a', 'b'] } });
    expect(await bench.run('everything_get_sum', { a: 2, b: 40 })).toMatchObject({
      ok: true,
      content: expect.stringContaining('42'),
    });
    expect(await bench.run('everything_get_sum', { a: 'two' })).toMatchObject({
      ok: false,
      error: 'invalid_arguments',
    });
    expect(bench.servers.status()).toMatchObject({
      everything: {
        status: 'healthy',
        transport: 'stdio',
        tools_count: 2,
        tool_names: ['everything_echo', 'everything_get_sum'],
      },
    });
  });

  it('does not get our environment', async () => {
    process.env['PARLEY_TEST_SECRET'] = 'hush';
    const bench = await started(
      { everything: { ...everythingOverStdio, env: { SHARED: '${GIVEN}' }, tools: ['get-env'] } },
      [],
      { GIVEN: 'wanted' },
    );
    const { content } = await bench.run('everything_get_env');
    delete process.env['PARLEY_TEST_SECRET'];
    expect(content).toContain('wanted');
    expect(content).not.toContain('hush');
  });

  it('says what it said when it could not be started', async () => {
    const log = recordLog();
    const complains = 'console.error("no licence for " + process.env.KEY); process.exit(3)';
    const broken = { command: process.execPath, args: ['-e', complains], env: { KEY: 'sk-live-4711' }, tools: ['a'] };
    const bench = await started({ broken });
    // For anybody to read; what it printed is for the log, without what it was given.
    expect(bench.servers.status()).toMatchObject({
      broken: { status: 'unhealthy', error: 'it has closed the connection' },
    });
    expect(log.join('\n')).toContain('no licence for ***');
    expect(log.join('\n')).not.toContain('4711');
    const missing = await started({ missing: { command: '/nowhere/at/all', tools: ['a'] } });
    expect(missing.servers.status()).toMatchObject({
      missing: { status: 'unhealthy', error: expect.stringContaining('ENOENT') },
    });
  });
});

describe('a program that does not want to end', () => {
  it.each([
    ['that has connected', everythingOverStdio.args],
    ['that is still connecting', []],
  ])(
    'has ended when the server has: one %s',
    async (_, args) => {
      const stubborn = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);';
      const program = args.length > 0 ? `${stubborn} await import(${JSON.stringify(args[0])})` : stubborn;
      const pidFile = path.join(mkdtempSync(path.join(tmpdir(), 'parley-stubborn-')), 'pid');
      const start = `(await import("node:fs")).writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); ${program}`;
      const bench = new Bench({
        stubborn: {
          command: process.execPath,
          args: ['--input-type=module', '-e', start, ...args.slice(1)],
          connect_timeout_ms: 2000,
          tools: ['echo'],
        },
      });
      const starting = bench.servers.start();
      await bench.until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '');
      if (args.length > 0) await starting;
      await bench.servers.stop();
      await starting;
      // Killed, and about to be gone.
      await bench.until(() => !isRunning(Number(readFileSync(pidFile, 'utf8'))));
    },
    20_000,
  );
});

describe('the reference server, over HTTP', () => {
  it('is found again after it was killed', async () => {
    const everything = await EverythingServer.start();
    cleanUp.push(() => everything.kill());
    const bench = await started({ everything: { url: everything.url, allow_private_network: true, tools: ['echo'] } });
    expect(await bench.run('everything_echo', { message: 'one' })).toMatchObject({ ok: true });
    await everything.kill();
    expect(await bench.run('everything_echo', { message: 'two' })).toMatchObject({
      ok: false,
      error: 'tool_failed',
      content: expect.stringContaining('cannot be reached'),
    });
    expect(bench.offered('everything_echo')).toEqual([]);
    await everything.restart();
    await bench.clock.advance(2000);
    await bench.until(() => bench.servers.status()['everything']!.status === 'healthy');
    expect(await bench.run('everything_echo', { message: 'three' })).toMatchObject({ ok: true });
  });

  it('is asked again when it has restarted in between and does not know us any more', async () => {
    const everything = await EverythingServer.start();
    cleanUp.push(() => everything.kill());
    const bench = await started({ everything: { url: everything.url, allow_private_network: true, tools: ['echo'] } });
    await everything.kill();
    await everything.restart();
    expect(await bench.run('everything_echo', { message: 'still there?' })).toMatchObject({
      ok: true,
      content: expect.stringContaining('still there?'),
    });
  });

  it('is not asked at an address that is not public, unless that is allowed', async () => {
    const server = await toolServer();
    const bench = await started({ inside: { url: server.url, tools: ['greet'] } });
    expect(bench.servers.status()).toMatchObject({
      inside: { status: 'unhealthy', error: expect.stringContaining('only https://') },
    });
    expect(server.headers).toEqual({});
  });
});

describe('a tool server', () => {
  it('gets the headers of its file, which nobody else gets to see', async () => {
    const server = await toolServer();
    const file = {
      url: server.url,
      allow_private_network: true,
      headers: { Authorization: 'Bearer ${KEY}' },
      tools: ['greet'],
    };
    const bench = await started({ desk: file }, [], { KEY: 'swordfish' });
    expect(server.headers.authorization).toBe('Bearer swordfish');
    server.fault = 'html';
    await bench.run('desk_greet', { name: 'Ann' });
    expect(JSON.stringify(bench.servers.status())).not.toContain('swordfish');
  });

  it('may have other tools after a while', async () => {
    const server = await toolServer();
    const bench = await started({ desk: { url: server.url, allow_private_network: true, tools: ['greet', 'late'] } });
    expect(bench.offered('desk_greet', 'desk_late')).toEqual(['desk_greet']);
    server.offerLate(true);
    await bench.until(() => bench.offered('desk_late').length === 1);
    expect(await bench.run('desk_late')).toMatchObject({ ok: true, content: '"here I am"' });
    server.offerLate(false);
    await bench.until(() => bench.offered('desk_late').length === 0);
    expect(await bench.run('desk_late')).toMatchObject({ ok: false, error: 'unknown_tool' });
  });

  it('is told when a call is given up', async () => {
    const server = await toolServer();
    const bench = await started({ desk: { url: server.url, allow_private_network: true, tools: ['wait'] } });
    const controller = new AbortController();
    const running = bench.run('desk_wait', {}, controller.signal);
    await bench.until(() => server.calls.length === 1);
    controller.abort(new Aborted('barge_in'));
    await expect(running).rejects.toMatchObject({ kind: 'barge_in' });
    await server.aborted;
    expect(bench.servers.status()).toMatchObject({ desk: { status: 'healthy' } });
  });

  it('is given up when it takes too long', async () => {
    const server = await toolServer();
    const bench = await started({
      desk: {
        url: server.url,
        allow_private_network: true,
        tools: [{ name: 'wait', timeout_ms: 800, interruptible: false }],
      },
    });
    expect(bench.registry.isInterruptible('desk_wait')).toBe(false);
    const running = bench.run('desk_wait');
    await bench.until(() => server.calls.length === 1);
    await bench.clock.advance(800);
    expect(await running).toMatchObject({ ok: false, error: 'timeout' });
    await server.aborted;
  });

  it('may say that a tool failed, and why', async () => {
    const server = await toolServer();
    const bench = await started({ desk: { url: server.url, allow_private_network: true, tools: ['fail', 'flood'] } });
    expect(await bench.run('desk_fail')).toMatchObject({
      ok: false,
      error: 'tool_failed',
      content: expect.stringContaining('The card is unknown.'),
    });
    expect((await bench.run('desk_flood')).content.length).toBeLessThan(21_000);
  });

  it.each(['garbage', 'html', 503] as const)('that answers %s has failed, and is tried again', async (fault) => {
    const server = await toolServer();
    const bench = await started({ desk: { url: server.url, allow_private_network: true, tools: ['greet'] } });
    server.fault = fault;
    expect(await bench.run('desk_greet', { name: 'Ann' })).toMatchObject({ ok: false, error: 'tool_failed' });
    // However many calls want something of it meanwhile, it is not left alone for longer.
    for (let call = 0; call < 3; call++) await bench.run('desk_greet', { name: 'Ann' });
    server.fault = 'none';
    await bench.clock.advance(2000);
    await bench.until(() => bench.servers.status()['desk']!.status === 'healthy');
    expect(await bench.run('desk_greet', { name: 'Ann' })).toMatchObject({ ok: true, content: '"Hello Ann"' });
  });

  it('that dies without a word is missed at the next look', async () => {
    const everything = await EverythingServer.start();
    cleanUp.push(() => everything.kill());
    const bench = await started({ everything: { url: everything.url, allow_private_network: true, tools: ['echo'] } });
    await everything.kill();
    await bench.clock.advance(PING_MS);
    await bench.until(() => bench.servers.status()['everything']!.status === 'unhealthy');
    expect(bench.offered('everything_echo')).toEqual([]);
  });

  it('that is required and missing is an error; one that is not is none', async () => {
    const server = await toolServer();
    const gone = { url: 'http://127.0.0.1:9/mcp', allow_private_network: true, tools: ['a'] };
    const desk = { url: server.url, allow_private_network: true, tools: ['greet'] };
    const bench = new Bench({ desk, gone }, ['gone']);
    cleanUp.push(() => bench.servers.stop());
    await expect(bench.servers.start()).rejects.toThrow('Not reached, but required: gone');
    // The others are there all the same.
    expect(await bench.run('desk_greet', { name: 'Ann' })).toMatchObject({ ok: true });
    await started({ desk, gone });
  });
});

it('nothing is left of tool servers that were stopped', async () => {
  const server = await toolServer();
  const bench = await started({
    desk: { url: server.url, allow_private_network: true, tools: ['greet'] },
    everything: { ...everythingOverStdio, tools: ['echo'] },
    gone: { url: 'http://127.0.0.1:9/mcp', allow_private_network: true, tools: ['a'] },
  });
  await bench.servers.stop();
  expect(bench.clock.pending).toBe(0);
});
