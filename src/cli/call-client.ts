import { EventEmitter } from 'node:events';
import { WebSocket } from 'ws';
import { type AudioEncoding, createDecoder, createEncoder } from '../audio/codec.js';
import { Resampler } from '../audio/resampler.js';
import { ParleyError } from '../kernel/errors.js';
import type { SessionEvent } from '../conversation/session-events.js';
import { Player } from './player.js';

const FRAME_MS = 20;
const GREETING_LIMIT_MS = 10_000;
/** A greeting begins at once, or never. */
const GREETING_MS = 500;

export interface CallOptions {
  /** `http://host:port` or `https://…`; the path is added. */
  readonly url: string;
  readonly sampleRate: number;
  readonly encoding: AudioEncoding;
  readonly agent?: string;
  readonly scenario?: string;
  readonly token?: string;
}

interface ClientEvents {
  event: [event: SessionEvent];
  closed: [code: number, reason: string];
}

/** A caller: streams a microphone in real time, plays what it hears, and keeps both for a recording. */
export class CallClient extends EventEmitter<ClientEvents> {
  /** Everything the server has said so far. */
  readonly events: SessionEvent[] = [];
  readonly player: Player;
  private readonly microphone: Int16Array[] = [];
  private readonly spoken: Int16Array[] = [];
  private readonly frameSamples: number;
  private speechEnd: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private ticks = 0;
  private startedAt = 0;
  /** With which code. */
  private endedWith: number | undefined;

  private constructor(
    private readonly socket: WebSocket,
    private readonly options: CallOptions,
  ) {
    super();
    this.frameSamples = (options.sampleRate * FRAME_MS) / 1000;
    this.player = new Player(this.frameSamples);
    const decoder = createDecoder(options.encoding);
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) return this.player.add(decoder.decode(data).slice());
      const event = JSON.parse(data.toString('utf8')) as SessionEvent;
      if (event.type === 'audio_clear') this.player.clear();
      this.events.push(event);
      this.emit('event', event);
    });
    socket.on('close', (code, reason) => {
      clearInterval(this.timer);
      this.endedWith = code;
      this.speechEnd?.();
      this.emit('closed', code, reason.toString());
    });
  }

  /** Rejects with the server's own message when the server does not let the caller in. */
  static async connect(options: CallOptions): Promise<CallClient> {
    const url = new URL('/api/v1/voice/ws', options.url.replace(/^http/, 'ws'));
    url.searchParams.set('encoding', options.encoding);
    url.searchParams.set('sample_rate', String(options.sampleRate));
    if (options.agent) url.searchParams.set('agent', options.agent);
    if (options.scenario) url.searchParams.set('scenario', options.scenario);
    const headers = options.token ? { authorization: `Bearer ${options.token}` } : {};
    const socket = new WebSocket(url, { headers, perMessageDeflate: false });
    const client = new CallClient(socket, options);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          new ParleyError(
            'internal',
            `Cannot reach ${url.origin}: ${error.code ?? error.message}. Does the server run? --url says where it is`,
          ),
        ),
      );
      socket.once('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          reject(new ParleyError('invalid_parameter', refusal(response.statusCode, Buffer.concat(chunks).toString()))),
        );
      });
    });
    client.startMicrophone();
    return client;
  }

  /** Speaks; resolves when the last frame has left, or the call is over. */
  say(pcm: Int16Array, sampleRate: number): Promise<void> {
    if (this.endedWith !== undefined) return Promise.resolve();
    const resampler =
      sampleRate === this.options.sampleRate ? undefined : new Resampler(sampleRate, this.options.sampleRate);
    const samples = resampler ? concat([resampler.process(pcm), resampler.flush()]) : pcm;
    for (let at = 0; at < samples.length; at += this.frameSamples) {
      const frame = new Int16Array(this.frameSamples);
      frame.set(samples.subarray(at, at + this.frameSamples));
      this.microphone.push(frame);
    }
    return new Promise((resolve) => (this.speechEnd = resolve));
  }

  send(message: Record<string, unknown>): void {
    this.socket.send(JSON.stringify(message));
  }

  /**
   * The first event from `since` on (an index into `events`) that matches; rejects after `timeoutMs`, or when the call
   * ends without it.
   */
  waitFor(
    what: string,
    matches: (event: SessionEvent) => boolean,
    timeoutMs: number,
    since = 0,
  ): Promise<SessionEvent> {
    const seen = this.events.slice(since).find(matches);
    if (seen) return Promise.resolve(seen);
    const ended = (code: number): ParleyError =>
      new ParleyError('internal', `The call ended (${code}) while waiting for ${what}`);
    if (this.endedWith !== undefined) return Promise.reject(ended(this.endedWith));
    return new Promise((resolve, reject) => {
      const settle = (done: () => void): void => {
        clearTimeout(timer);
        this.off('event', onEvent).off('closed', onClosed);
        done();
      };
      const onEvent = (event: SessionEvent): void => void (matches(event) && settle(() => resolve(event)));
      const onClosed = (code: number): void => settle(() => reject(ended(code)));
      const timer = setTimeout(
        () => settle(() => reject(new ParleyError('timeout', `Waited ${timeoutMs} ms for ${what}`))),
        timeoutMs,
      );
      this.on('event', onEvent).on('closed', onClosed);
    });
  }

  /** Whether the agent speaks first. */
  async greets(): Promise<boolean> {
    await this.waitFor('the session to start', (event) => event.type === 'session_started', GREETING_LIMIT_MS);
    const speaks = this.waitFor('a greeting', (event) => event.type === 'generation_started', GREETING_MS);
    return speaks.then(
      () => true,
      () => false,
    );
  }

  /** Waits until the agent has finished an answer that began from `since` on. */
  async agentFinished(timeoutMs: number, since = 0): Promise<void> {
    const isAnswer = (event: SessionEvent): boolean =>
      event.type === 'generation_complete' && event.outcome !== 'interrupted';
    await this.waitFor('the agent to finish', isAnswer, timeoutMs, since);
  }

  /** Ends the call and waits for the server to have closed it. */
  async hangUp(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise<void>((resolve) => this.once('closed', () => resolve()));
    if (this.socket.readyState === WebSocket.OPEN) this.send({ type: 'end' });
    await closed;
  }

  /** What the caller said and what they heard, of the same length. */
  recording(): { caller: Int16Array; agent: Int16Array } {
    return { caller: concat(this.spoken), agent: this.player.played() };
  }

  /** One frame every 20 ms by the clock, silence when nothing is said, as a real microphone sends. */
  private startMicrophone(): void {
    const encoder = createEncoder(this.options.encoding);
    this.startedAt = performance.now();
    this.timer = setInterval(() => {
      const due = Math.floor((performance.now() - this.startedAt) / FRAME_MS);
      for (; this.ticks < due; this.ticks++) {
        const frame = this.microphone.shift() ?? new Int16Array(this.frameSamples);
        this.spoken.push(frame);
        this.player.tick();
        if (this.socket.readyState === WebSocket.OPEN) this.socket.send(encoder.encode(frame), { binary: true });
        if (this.microphone.length === 0) {
          this.speechEnd?.();
          this.speechEnd = undefined;
        }
      }
    }, FRAME_MS / 2);
  }
}

/** What to tell people; whatever stands in between may answer something else than the server's JSON. */
function refusal(status: number | undefined, body: string): string {
  if (status === 401) return 'The server wants a valid token: give it with --token, or in the variable PARLEY_TOKEN';
  try {
    const { error } = JSON.parse(body) as { error: { message: string } };
    return error.message;
  } catch {
    return `The server answered HTTP ${status}: ${body}`;
  }
}

export function concat(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
