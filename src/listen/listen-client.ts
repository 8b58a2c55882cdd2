import type { WebSocket } from 'ws';
import { type AudioDecoder, createDecoder } from '../audio/codec.js';
import type { Clock } from '../kernel/clock.js';
import { CloseCode } from '../kernel/close-codes.js';
import type { Segment } from '../services/conversations/conversation-record.js';
import { ClientSocket } from '../voice/client-socket.js';
import { DEAR_MESSAGE, type MessagePace, tooManyMessages, unpaced } from '../voice/message-pace.js';
import type { ListenParameters } from './listen-parameters.js';
import { type ClientMessage, parseClientMessage } from './messages/client-messages.js';
import { type ListenEvent, transcriptOf } from './messages/server-messages.js';

export interface ClientListener {
  /** @param leg from 0; the audio is kept, not copied */
  onAudio(leg: number, pcm: Int16Array): void;
  onMessage(message: ClientMessage): void;
  /** It breaks the protocol: a frame that is nothing, or nothing but bad messages. */
  onBroken(problem: string): void;
  onClosed(code: number): void;
}

/** After this many bad messages in a row the client is taken for broken. */
const MAX_BAD_MESSAGES = 50;
const LONGEST_PING_BYTES = 2;
/** First byte of a frame where both legs share the connection. */
const LEG_OF_BYTE = new Map([
  [1, 0],
  [2, 1],
]);

/** The client's end of a session: takes its frames apart, and tells it what there is. */
export class ListenClient {
  /** Clock time of the last frame, and of the last that was audio or a message. */
  receivedAt: number;
  activeAt: number;
  private readonly socket: ClientSocket;
  private readonly decoders: readonly AudioDecoder[];
  private readonly clock: Clock;
  private readonly pace: Pick<MessagePace, 'take'>;
  private bad = 0;
  private over = false;

  /** Listens from now on: make it before the first await, or early audio is lost. */
  constructor(
    socket: WebSocket,
    private readonly parameters: ListenParameters,
    { clock, pace = unpaced }: { readonly clock: Clock; readonly pace?: Pick<MessagePace, 'take'> },
    private readonly listener: ClientListener,
  ) {
    this.clock = clock;
    this.pace = pace;
    this.receivedAt = this.activeAt = clock.now();
    this.socket = new ClientSocket(socket, clock);
    this.decoders = Array.from({ length: parameters.channels }, () => createDecoder(parameters.encoding));
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (this.over) return;
      this.receivedAt = clock.now();
      if (isBinary) this.onBinary(data);
      else this.onText(data.toString('utf8'));
    });
    socket.once('close', (code: number) => listener.onClosed(code));
  }

  get isOpen(): boolean {
    return this.socket.isOpen;
  }

  send(event: ListenEvent): void {
    if (this.isOpen) this.socket.sendText(JSON.stringify(event));
  }

  sendTranscript(segments: readonly Segment[]): void {
    if (this.isOpen) this.socket.sendText(JSON.stringify(transcriptOf(segments)));
  }

  /** For proxies that close what is silent: not JSON. */
  ping(): void {
    this.socket.sendText('ping');
  }

  /** Idempotent. */
  close(code: CloseCode, reason: string): void {
    this.socket.close(code, reason);
  }

  private onBinary(data: Buffer): void {
    if (data.length <= LONGEST_PING_BYTES) return this.touch();
    const leg = this.parameters.channels === 1 ? 0 : LEG_OF_BYTE.get(data[0]!);
    if (leg === undefined) return this.listener.onBroken('a frame begins with neither 1 nor 2');
    this.touch();
    const audio = this.parameters.channels === 1 ? data : data.subarray(1);
    this.listener.onAudio(leg, this.decoders[leg]!.decode(audio));
  }

  private onText(text: string): void {
    const message = parseClientMessage(text);
    if (!this.isInPace(message)) return;
    if ('problem' in message) {
      this.send({ type: 'error', ...message.problem, retryable: false });
      if (++this.bad >= MAX_BAD_MESSAGES) this.listener.onBroken('too many bad messages');
      return;
    }
    this.bad = 0;
    this.touch();
    this.listener.onMessage(message);
  }

  private isInPace(message: ReturnType<typeof parseClientMessage>): boolean {
    // Whoever wants to go may always go.
    if ('type' in message && message.type === 'end') return true;
    const verdict = this.pace.take('type' in message && message.type === 'speaker_assigned' ? DEAR_MESSAGE : 1);
    if (verdict === 'tell') this.send(tooManyMessages);
    if (verdict === 'close') {
      this.over = true;
      this.close(CloseCode.Policy, tooManyMessages.code);
      this.listener.onBroken('too many messages');
    }
    return verdict === 'take';
  }

  private touch(): void {
    this.activeAt = this.clock.now();
  }
}
