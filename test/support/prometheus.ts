import { describe } from '@jest/globals';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';

const prometheus = process.env['PROMETHEUS_PATH'] ?? 'prometheus';
const promtool = process.env['PROMTOOL_PATH'] ?? 'promtool';
const isThere = [prometheus, promtool].every((command) => spawnSync(command, ['--version']).status === 0);
const START_LIMIT_MS = 20_000;
const RESULT_LIMIT_MS = 30_000;
const LOOK_AGAIN_MS = 50;

/** Runs where there is a Prometheus. Elsewhere it is skipped, and says so; in CI it must not be missing. */
export function describeWithPrometheus(name: string, tests: () => void): void {
  if (isThere || process.env['CI'] === 'true') return describe(name, tests);
  process.stderr.write(`\nSKIPPED: ${name}: no prometheus and promtool on the PATH; set PROMETHEUS_PATH\n\n`);
  describe.skip(name, tests);
}

/** What promtool says, and whether it is content. */
export function askPromtool(...args: readonly string[]): { readonly ok: boolean; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: 'utf8' });
  return { ok: status === 0, said: `${stdout}${stderr}` };
}

interface Result<T> {
  readonly status: 'success' | 'error';
  readonly data: T;
  readonly error?: string;
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
}

/** A Prometheus of our own on a free port, which forgets everything when it ends. */
export class PrometheusServer {
  private constructor(
    private readonly process: ChildProcess,
    private readonly url: string,
    private readonly directory: string,
  ) {}

  /** @param targets host:port of what it fetches every second, by the name of the job @param rules files */
  static async start(
    targets: Readonly<Record<string, readonly string[]>>,
    rules: readonly string[] = [],
  ): Promise<PrometheusServer> {
    const directory = mkdtempSync(path.join(tmpdir(), 'parley-prometheus-'));
    const config = path.join(directory, 'prometheus.yaml');
    writeFileSync(
      config,
      stringify({
        global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
        rule_files: rules,
        scrape_configs: Object.entries(targets).map(([job, of]) => ({
          job_name: job,
          static_configs: [{ targets: of, labels: { namespace: 'calls' } }],
        })),
      }),
    );
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      prometheus,
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${path.join(directory, 'data')}`,
        `--web.listen-address=${address}`,
        '--log.level=error',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const server = new PrometheusServer(child, `http://${address}`, directory);
    const giveUpAt = performance.now() + START_LIMIT_MS;
    while (!(await server.isReady())) {
      if (child.exitCode === null && performance.now() < giveUpAt) {
        await pause(LOOK_AGAIN_MS);
        continue;
      }
      await server.stop();
      throw new Error(`Prometheus does not start: ${said}`);
    }
    return server;
  }

  /** Rejects with Prometheus' own words. */
  async query(expression: string): Promise<readonly Sample[]> {
    const { result } = await this.ask<{ result: readonly Sample[] }>('query', { query: expression });
    return result;
  }

  /** Every series there is of what matches. */
  series(selector: string): Promise<readonly Readonly<Record<string, string>>[]> {
    return this.ask('series', { 'match[]': selector });
  }

  /** Of each metric that is fetched: `counter`, `gauge`, `histogram`. */
  async kinds(): Promise<ReadonlyMap<string, string>> {
    const metadata = await this.ask<Record<string, readonly { readonly type: string }[]>>('metadata', {});
    return new Map(Object.entries(metadata).map(([name, [first]]) => [name, first?.type ?? 'unknown']));
  }

  async rules(): Promise<readonly { readonly name: string; readonly health: string; readonly lastError?: string }[]> {
    const { groups } = await this.ask<{
      groups: readonly { rules: readonly { name: string; health: string; lastError?: string }[] }[];
    }>('rules', {});
    return groups.flatMap(({ rules }) => rules);
  }

  /** Resolves once `expression` has a result; rejects if it takes very long. */
  async until(expression: string): Promise<void> {
    const giveUpAt = performance.now() + RESULT_LIMIT_MS;
    while ((await this.query(expression)).length === 0) {
      if (performance.now() > giveUpAt) throw new Error(`There is still no ${expression}`);
      await pause(LOOK_AGAIN_MS);
    }
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const gone = new Promise((resolve) => this.process.once('exit', resolve));
      this.process.kill('SIGKILL');
      await gone;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async ask<T>(what: string, parameters: Record<string, string>): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${what}?${new URLSearchParams(parameters).toString()}`);
    const { status, data, error } = (await response.json()) as Result<T>;
    if (status === 'error') throw new Error(`${parameters['query'] ?? what}: ${error}`);
    return data;
  }

  private async isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/-/ready`)).ok;
    } catch {
      return false;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
