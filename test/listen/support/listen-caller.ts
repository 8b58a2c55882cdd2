import { WebSocket } from 'ws';
import type { z } from 'zod';
import type { ListenEvent, transcriptSchema } from '../../../src/listen/messages/server-messages.js';

export type ShownSegment = z.output<typeof transcriptSchema>[number];
export interface RefusedUpgrade {
  readonly status: number;
  readonly error: { readonly code: string; readonly message: string };
}

/** A bare client of `WS /api/v1/listen/ws`: what it got, and waiting for more. */
export class ListenCaller {
  readonly events: ListenEvent[] = [];
  /** As a client shows it: by id, the newest of each. */
  readonly segments = new Map<string, ShownSegment>();
  readonly deleted = new Set<string>();
  pings = 0;
  readonly closed: Promise<{ code: number; reason: string }>;
  private readonly listeners = new Set<() => void>();

  private constructor(readonly socket: WebSocket) {
    this.closed = new Promise((resolve) =>
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
    socket.on('message', (data: Buffer) => this.take(data.toString()));
    socket.on('close', () => this.listeners.forEach((listener) => listener()));
    socket.on('error', () => undefined);
  }

  static async dial(url: string, query = '', headers: Record<string, string> = {}): Promise<ListenCaller> {
    const answer = await ListenCaller.tryDial(url, query, headers);
    if (answer instanceof ListenCaller) return answer;
    throw new Error(`refused with ${answer.status}: ${answer.error.message}`);
  }

  /** Resolves with the caller, or with the HTTP answer that refused it. */
  static tryDial(
    url: string,
    query = '',
    headers: Record<string, string> = {},
  ): Promise<ListenCaller | RefusedUpgrade> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/v1/listen/ws${query}`, { headers });
    const caller = new ListenCaller(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(caller));
      socket.once('error', reject);
      socket.once('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const { error } = JSON.parse(Buffer.concat(chunks).toString()) as Pick<RefusedUpgrade, 'error'>;
          resolve({ status: response.statusCode ?? 0, error });
        });
      });
    });
  }

  get transcript(): ShownSegment[] {
    return [...this.segments.values()].sort((a, b) => a.start - b.start);
  }

  get texts(): string[] {
    return this.transcript.map(({ text }) => text);
  }

  get statuses(): string[] {
    return this.events.flatMap((event) => (event.type === 'service_status' ? [event.status] : []));
  }

  /** Of the conversation that it is in now. */
  get conversationId(): string {
    const ids = this.events.flatMap((event) =>
      event.type === 'conversation_session' && event.status === 'in_progress' ? [event.conversation_id] : [],
    );
    return ids.at(-1) ?? '';
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** @param leg 1 or 2 where both share the connection */
  sendAudio(pcm: Int16Array, leg?: number): void {
    const audio = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
    this.socket.send(leg === undefined ? audio : Buffer.concat([Buffer.of(leg), audio]));
  }

  /** Resolves when it is true of what has come. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      if (this.socket.readyState === WebSocket.CLOSED)
        throw new Error(`closed before that; got ${this.events.map(({ type }) => type).join(', ')}`);
      await new Promise<void>((resolve) => {
        const listener = (): void => {
          this.listeners.delete(listener);
          resolve();
        };
        this.listeners.add(listener);
      });
    }
  }

  /** The first event of `type` that matches. */
  async next<T extends ListenEvent['type']>(
    type: T,
    matches: (event: Extract<ListenEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<ListenEvent, { type: T }>> {
    type Wanted = Extract<ListenEvent, { type: T }>;
    const find = (): Wanted | undefined =>
      this.events.find((event): event is Wanted => event.type === type && matches(event as Wanted));
    await this.until(() => find() !== undefined);
    return find()!;
  }

  async ready(): Promise<this> {
    await this.next('service_status', ({ status }) => status === 'ready');
    return this;
  }

  /** Resolves when this has been understood, in whichever segment. */
  async understands(text: string): Promise<ShownSegment> {
    await this.until(() => this.texts.some((shown) => shown.includes(text)));
    return this.transcript.find((segment) => segment.text.includes(text))!;
  }

  async hangUp(code = 1000): Promise<void> {
    this.socket.close(code);
    await this.closed;
  }

  /** Without a word. */
  async lose(): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }

  private take(text: string): void {
    if (text === 'ping') this.pings++;
    else this.read(JSON.parse(text) as ListenEvent | ShownSegment[]);
    for (const listener of this.listeners) listener();
  }

  private read(message: ListenEvent | ShownSegment[]): void {
    if (Array.isArray(message)) {
      for (const segment of message) {
        if (this.deleted.has(segment.id)) throw new Error(`${segment.id} was deleted`);
        this.segments.set(segment.id, segment);
      }
      return;
    }
    this.events.push(message);
    if (message.type !== 'segments_deleted') return;
    for (const id of message.segment_ids) {
      this.segments.delete(id);
      this.deleted.add(id);
    }
  }
}
