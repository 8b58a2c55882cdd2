import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';

const RATE = 8000;
const FRAME_MS = 100;
const FRAME_BYTES = (RATE * FRAME_MS) / 1000;
/** mu-law: a loud sample, and silence. */
const LOUD = 0x80;
const QUIET = 0xff;
const RECONNECT_AFTER_MS = 200;

/** What became of one conversation, as the client was told. */
export interface SeenConversation {
  readonly id: string;
  /** Audio of either side that was sent while it was the current one, seconds. */
  seconds: number;
  /** Segments that were shown. */
  readonly segments: Set<string>;
  /** `in_progress` until it is known to be something else. */
  status: string;
}

export interface DeskPlan {
  /** Second by second, who speaks: `a`gent, `c`ustomer, `b`oth, anything else for nobody. */
  readonly script: string;
  /** Breaks the connection off at this second, and comes back to the conversation. */
  readonly breaksOffAt?: number;
  readonly endsWith: 'end' | 'close';
}

/** A client of `WS /api/v1/listen/ws` with two legs, in real time; when its connection breaks it comes back to its conversation. */
export class ListeningDesk {
  readonly conversations = new Map<string, SeenConversation>();
  connections = 0;
  private socket: WebSocket | undefined;
  private current: SeenConversation | undefined;
  private over = false;

  constructor(
    readonly name: string,
    private readonly url: () => string,
    private readonly plan: DeskPlan,
  ) {}

  /** Resolves when all was said and the connection is closed. */
  async run(): Promise<void> {
    await this.connect();
    const startedAt = performance.now();
    const { script, breaksOffAt } = this.plan;
    for (let frame = 0; frame * FRAME_MS < script.length * 1000; frame++) {
      const second = (frame * FRAME_MS) / 1000;
      if (second === breaksOffAt) this.socket?.terminate();
      if (this.socket?.readyState !== WebSocket.OPEN) await this.connect();
      const who = script[Math.floor(second)];
      this.send(1, who === 'a' || who === 'b');
      this.send(2, who === 'c' || who === 'b');
      if (this.current) this.current.seconds += FRAME_MS / 1000;
      await pause(Math.max(0, startedAt + (frame + 1) * FRAME_MS - performance.now()));
    }
    this.over = true;
    if (this.socket?.readyState !== WebSocket.OPEN) await this.connect();
    const socket = this.socket!;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    if (this.plan.endsWith === 'end') socket.send('{"type":"end"}');
    else socket.close(1000);
    await closed;
  }

  private send(leg: number, speaks: boolean): void {
    const frame = Buffer.alloc(1 + FRAME_BYTES, speaks ? LOUD : QUIET);
    frame[0] = leg;
    this.socket?.send(frame);
  }

  /** Until it works, and it is known which conversation it is. */
  private async connect(): Promise<void> {
    for (;;) {
      if (await this.tryToConnect()) return;
      await pause(RECONNECT_AFTER_MS);
    }
  }

  private tryToConnect(): Promise<boolean> {
    const query = new URLSearchParams({
      channels: '2',
      sample_rate: String(RATE),
      encoding: 'mulaw',
      conversation_timeout: '8',
    });
    if (this.current?.status === 'in_progress') query.set('conversation_id', this.current.id);
    const socket = new WebSocket(`${this.url().replace('http', 'ws')}/api/v1/listen/ws?${query.toString()}`);
    return new Promise((resolve) => {
      socket.once('error', () => resolve(false));
      socket.once('close', () => resolve(false));
      socket.on('message', (data: Buffer) => {
        const text = data.toString();
        if (text === 'ping') return;
        if (this.hear(JSON.parse(text) as Message | Shown[]) !== 'current') return;
        this.connections++;
        this.socket = socket;
        resolve(true);
      });
    });
  }

  private hear(message: Message | Shown[]): 'current' | undefined {
    if (Array.isArray(message)) {
      for (const { id } of message) this.current?.segments.add(id);
      return undefined;
    }
    if (message.type === 'segments_deleted') for (const id of message.segment_ids) this.current?.segments.delete(id);
    if (message.type !== 'conversation_session') return undefined;
    const { conversation_id: id, status } = message;
    const seen = this.conversations.get(id) ?? { id, seconds: 0, segments: new Set(), status };
    seen.status = status;
    this.conversations.set(id, seen);
    if (status !== 'in_progress' || this.over) return undefined;
    this.current = seen;
    return 'current';
  }
}

interface Shown {
  readonly id: string;
}

type Message =
  | { readonly type: 'conversation_session'; readonly conversation_id: string; readonly status: string }
  | { readonly type: 'segments_deleted'; readonly segment_ids: readonly string[] }
  | { readonly type: 'service_status' | 'memory_created' | 'audio_dropped' | 'error' };
