import http from 'node:http';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { Child } from './children.ts';
import { type CloseNotice, isCloseNotice } from './close-notice.ts';
import type { Pinning } from './pinning.ts';
import type { ProbeReading, ProbeReply, ProbeRequest } from './probe-protocol.ts';
import type { Row } from './rows.ts';

export interface Pressure {
  readonly level: string;
  /** Frames of callers that it has thrown away since it started. */
  readonly dropped: number;
  /** The levels it has gone to since it started, oldest first, as far as it remembers. */
  readonly wentTo: readonly string[];
}

interface PressureAnswer {
  readonly level: string;
  /** Newest first. */
  readonly history: readonly { readonly to: string }[];
  readonly sources: Record<string, { readonly dropped: Record<string, number> }>;
}

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
    let answer = await get(port, row.readyPath);
    while (answer.status !== 200) {
      if (end.how !== undefined)
        throw new Error(`${row.label} ended (${end.how}) before it was ready:\n${child.lastWords}`);
      if (performance.now() - startedAt > START_LIMIT_MS) {
        await child.stop(1000);
        throw new Error(
          `${row.label} was not ready after ${START_LIMIT_MS / 1000} s: ${answer.body}\n${child.lastWords}`,
        );
      }
      await delay(5);
      answer = await get(port, row.readyPath);
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

  /** Hears of every WebSocket the server closes, if `close-watch.ts` is loaded there. Returns how to stop listening. */
  onClosing(listener: (closing: CloseNotice['closing']) => void): () => void {
    const { process: server } = this.child;
    const onMessage = (message: unknown): void => {
      if (isCloseNotice(message)) listener(message.closing);
    };
    server.on('message', onMessage);
    return () => void server.off('message', onMessage);
  }

  /** What the server itself says about its load; null where it says nothing. */
  async pressure(): Promise<Pressure | null> {
    if (!this.row.pressurePath) return null;
    const { status, body } = await get(this.port, this.row.pressurePath);
    if (status !== 200) return null;
    const { level, sources, history } = JSON.parse(body) as PressureAnswer;
    const dropped = Object.values(sources).flatMap((source) => Object.values(source.dropped));
    return {
      level,
      dropped: dropped.reduce((sum, count) => sum + count, 0),
      wentTo: history.map(({ to }) => to).toReversed(),
    };
  }

  /** How many calls it has by its own account; only Parley tells. */
  async sessions(): Promise<number> {
    const { status, body } = await get(this.port, '/api/v1/sessions');
    if (status !== 200) throw new Error(`${this.row.label} does not tell its sessions: ${status}`);
    return (JSON.parse(body) as { sessions: unknown[] }).sessions.length;
  }

  async stop(): Promise<void> {
    await this.child.stop(STOP_LIMIT_MS);
  }
}

export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Status 0 when there is no answer. */
export function get(port: number, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    const nothing = (): void => resolve({ status: 0, body: 'no answer' });
    const request = http.get({ port, path, host: '127.0.0.1', agent: false, timeout: 1000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', nothing);
    });
    request.on('error', nothing);
    request.on('timeout', () => request.destroy());
  });
}
