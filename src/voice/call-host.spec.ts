import type { ModuleRef } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import type { PinoLogger } from 'nestjs-pino';
import { AgentsConfig } from '../config/agents.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import type { SessionStart } from '../conversation/session-start.js';
import { ManualClock } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';
import { CallHost, type OpenedCall } from './call-host.js';
import { SocketDouble } from './testing/socket-double.js';

const BUILD_TIMEOUT_MS = 5000;

/** A session whose building the test ends. */
class PipelineDouble {
  readonly reserved: SessionStart[] = [];
  starts = 0;
  readonly closes: string[] = [];
  finishBuilding: () => void = () => undefined;
  failBuilding: (error: Error) => void = () => undefined;
  private whenClosed: () => void = () => undefined;
  readonly closed = new Promise<void>((resolve) => (this.whenClosed = resolve));

  borrowed: () => void = () => undefined;

  constructor(private readonly hasToWait: boolean) {}

  async reserve(start: SessionStart): Promise<void> {
    this.reserved.push(start);
    if (this.hasToWait) await new Promise<void>((resolve) => (this.borrowed = resolve));
  }

  start(): Promise<void> {
    if (this.closes.length > 0) return Promise.reject(new ParleyError('aborted', this.closes[0]!));
    this.starts++;
    return new Promise((resolve, reject) => {
      this.finishBuilding = resolve;
      this.failBuilding = reject;
    });
  }

  close(kind: string): Promise<void> {
    this.closes.push(kind);
    this.failBuilding(new ParleyError('aborted', kind));
    this.whenClosed();
    return this.closed;
  }
}

function setUp({ hasToWait = false } = {}) {
  const clock = new ManualClock();
  const pipelines: PipelineDouble[] = [];
  const host = new CallHost(
    {
      create: () => {
        const pipeline = new PipelineDouble(hasToWait);
        pipelines.push(pipeline);
        return Promise.resolve(pipeline);
      },
    } as unknown as ModuleRef,
    clock,
    Object.assign(new VoiceConfig(), { heartbeatIntervalMs: 60_000, buildTimeoutMs: BUILD_TIMEOUT_MS }),
    Object.assign(new AgentsConfig(), { scenario: 'usual' }),
    { warn: () => undefined } as unknown as PinoLogger,
  );
  /** A call that comes in and says at once what it is to be. */
  const ring = (choice: { scenario?: string; agent?: string } | undefined = {}) => {
    const socket = new SocketDouble();
    const call = { socket, bound: 0, released: 0, events: [] as { type: string }[], over: Promise.resolve() };
    const opened: OpenedCall = {
      transport: {
        send: (event: { type: string }) => call.events.push(event),
        close: (code: number, reason: string) => socket.close(code, reason),
      } as unknown as OpenedCall['transport'],
      scenario: choice.scenario,
      agent: choice.agent,
      tenant: 'acme',
      resumable: false,
      bind: () => void call.bound++,
    };
    call.over = host.serve({
      socket: socket.socket,
      request: { headers: {} },
      ticket: { release: () => void call.released++ },
      opening: Promise.resolve(opened),
    });
    return call;
  };
  return { clock, host, pipelines, ring };
}

describe('calls of all gateways', () => {
  it('are built one after the other, in the order in which they came', async () => {
    const { clock, pipelines, ring } = setUp();
    const calls = [ring({ scenario: 'banking' }), ring({ agent: 'desk' }), ring()];
    const building = (): number[] => pipelines.map(({ starts }) => starts);
    await clock.advance(0);
    expect(building()).toEqual([1, 0, 0]);
    pipelines[0]!.finishBuilding();
    await clock.advance(0);
    expect(building()).toEqual([1, 1, 0]);
    pipelines[1]!.failBuilding(new Error('no voice'));
    await clock.advance(0);
    expect(building()).toEqual([1, 1, 1]);
    pipelines[2]!.finishBuilding();
    await clock.advance(0);
    expect(calls.map(({ bound, released }) => [bound, released])).toEqual([
      [1, 0],
      [0, 1],
      [1, 0],
    ]);
    expect(pipelines.map(({ reserved }) => reserved[0])).toEqual([
      expect.objectContaining({ scenario: 'banking', agent: undefined }),
      expect.objectContaining({ scenario: 'usual', agent: 'desk' }),
      expect.objectContaining({ scenario: 'usual', agent: undefined }),
    ]);
    expect(calls[1]!.events).toMatchObject([{ type: 'error', code: 'build_failed' }]);
    expect(calls[1]!.socket.closes).toEqual([{ code: 1011, reason: 'build_failed' }]);
    for (const { socket } of calls) socket.end();
    await Promise.all(calls.map(({ over }) => over));
    expect(calls.map(({ released }) => released)).toEqual([1, 1, 1]);
    expect(clock.pending).toBe(0);
  });

  it('wait for what they borrow at the same time, and are built as soon as they have it', async () => {
    const { clock, pipelines, ring } = setUp({ hasToWait: true });
    const calls = [ring(), ring(), ring()];
    await clock.advance(0);
    expect(pipelines.map(({ reserved, starts }) => [reserved.length, starts])).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
    pipelines[1]!.borrowed();
    await clock.advance(0);
    pipelines[1]!.finishBuilding();
    await clock.advance(0);
    expect(calls.map(({ bound }) => bound)).toEqual([0, 1, 0]);
    for (const { socket } of calls) socket.end();
    for (const { borrowed } of pipelines) borrowed();
    await Promise.all(calls.map(({ over }) => over));
    expect(calls.map(({ released }) => released)).toEqual([1, 1, 1]);
    expect(clock.pending).toBe(0);
  });

  it('do not wait for ever: neither for their turn nor for their own building', async () => {
    const { clock, pipelines, ring } = setUp();
    const [first, second] = [ring(), ring()];
    await clock.advance(BUILD_TIMEOUT_MS);
    expect(pipelines.map(({ closes }) => closes)).toEqual([['timeout', 'error'], ['error']]);
    expect([first, second].map(({ socket }) => socket.closes[0]?.code)).toEqual([1011, 1011]);
    await Promise.all([first.over, second.over]);
    expect([first.released, second.released]).toEqual([1, 1]);
    expect(clock.pending).toBe(0);
  });
});

describe('a call', () => {
  it('ends with its socket, while it is built and afterwards', async () => {
    const { clock, pipelines, ring } = setUp();
    const early = ring();
    await clock.advance(0);
    early.socket.end();
    await early.over;
    const late = ring();
    await clock.advance(0);
    pipelines[1]!.finishBuilding();
    await clock.advance(0);
    expect(late).toMatchObject({ bound: 1, released: 0 });
    late.socket.end();
    await late.over;
    expect([early, late].map(({ released }) => released)).toEqual([1, 1]);
    expect(pipelines.map(({ closes }) => closes)).toEqual([['lost', 'error'], ['lost']]);
    expect(clock.pending).toBe(0);
  });

  it('is not built when its socket is gone by then', async () => {
    const { clock, pipelines, ring } = setUp();
    const call = ring();
    call.socket.end();
    await call.over;
    expect(call).toMatchObject({ bound: 0, released: 1 });
    expect(pipelines[0]!.reserved).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('that is over before it is known what it is to be gives its slot back', async () => {
    const { clock, host, pipelines } = setUp();
    let released = 0;
    let open: (call: undefined) => void = () => undefined;
    const over = host.serve({
      socket: new SocketDouble().socket,
      request: { headers: {} },
      ticket: { release: () => void released++ },
      opening: new Promise((resolve) => (open = resolve)),
    });
    await clock.advance(1000);
    expect([released, pipelines.length]).toEqual([0, 0]);
    open(undefined);
    await over;
    expect([released, pipelines.length]).toEqual([1, 0]);
    expect(clock.pending).toBe(0);
  });
});
