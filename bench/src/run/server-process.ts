import http from 'node:http';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { Child } from './children.ts';
import type { Pinning } from './pinning.ts';
import type { ProbeReading, ProbeReply, ProbeRequest } from './probe-protocol.ts';
import type { Row } from './rows.ts';

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;
const PROBE_LIMIT_MS = 30_000;
const PROBE = fileURLToPath(new URL('probe.ts', import.meta.url));

/** One row's server, pinned and with the probe inside. */
export class ServerProcess {
  readonly port: number;
  /** From the spawn to the first answer that says it is ready. */
  readonly startUpMs: number;
  private readonly child: Child;
  private readonly row: Row;
  private lastId = 0;

  private constructor(row: Row, child: Child, port: number, startUpMs: number) {
    this.row = row;
    this.child = child;
    this.port = port;
    this.startUpMs = startUpMs;
  }

  static async start(row: Row, pinning: Pinning, extraEnv: Record<string, string> = {}): Promise<ServerProcess> {
    const port = await findFreePort();
    const startedAt = performance.now();
    const child = new Child([...pinning.server, process.execPath, ...row.nodeArgs, '--import', PROBE, ...row.main], {
      cwd: row.cwd,
      env: { ...row.env, ...extraEnv, PORT: String(port) },
    });
    const end: { how?: string } = {};
    void child.ended.then((how) => (end.how = how));
    while (!(await isReady(port, row.readyPath))) {
      if (end.how !== undefined)
        throw new Error(`${row.label} ended (${end.how}) before it was ready:\n${child.lastWords}`);
      if (performance.now() - startedAt > START_LIMIT_MS) {
        await child.stop(1000);
        throw new Error(`${row.label} was not ready after ${START_LIMIT_MS / 1000} s:\n${child.lastWords}`);
      }
      await delay(5);
    }
    return new ServerProcess(row, child, port, performance.now() - startedAt);
  }

  get lastWords(): string {
    return this.child.lastWords;
  }

  /** Starts a window, ends one or just looks. */
  probe(what: ProbeRequest['probe']): Promise<ProbeReading> {
    const id = ++this.lastId;
    const { process: server } = this.child;
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        stopListening();
        reject(new Error(`${this.row.label} ${why}:\n${this.child.lastWords}`));
      };
      const timer = setTimeout(() => fail(`did not answer the probe for ${PROBE_LIMIT_MS / 1000} s`), PROBE_LIMIT_MS);
      const onExit = (): void => fail('ended during the measurement');
      const onMessage = (message: ProbeReply): void => {
        if (message.probe !== id) return;
        stopListening();
        resolve(message.reading);
      };
      const stopListening = (): void => {
        clearTimeout(timer);
        server.off('message', onMessage).off('exit', onExit);
      };
      server.on('message', onMessage).on('exit', onExit);
      server.send({ probe: what, id } satisfies ProbeRequest, (error) => {
        if (error) fail('cannot be asked');
      });
    });
  }

  async stop(): Promise<void> {
    await this.child.stop(STOP_LIMIT_MS);
  }
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function isReady(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get({ port, path, host: '127.0.0.1', agent: false, timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
    request.on('timeout', () => request.destroy());
  });
}
