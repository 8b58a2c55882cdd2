import { DEFAULT_TENANT } from '../../auth/principal.js';
import type { PinoLogger } from 'nestjs-pino';
import type { WebSocket } from 'ws';
import type { VoicePipeline } from '../../conversation/voice-pipeline.js';
import type { Clock, Timer } from '../../kernel/clock.js';
import { CloseCode } from '../../kernel/close-codes.js';
import type { CallChoice } from '../../voice/call-choice.js';
import type { OpenedCall } from '../../voice/call-host.js';
import { type AudioMeter, unmeasured } from '../../voice/audio-meter.js';
import type { MeterEvents } from '../../voice/call-quota.js';
import { ClientSocket } from '../../voice/client-socket.js';
import { type MessagePace, unpaced } from '../../voice/message-pace.js';
import { MediaScanner } from './media-scanner.js';
import { MediaTimeline } from './media-timeline.js';
import { type TwilioMessage, type TwilioStart, parseTwilioMessage } from './twilio-messages.js';
import { TwilioTransport } from './twilio-transport.js';

/** After this many bad messages in a row the client is taken for broken. */
const MAX_BAD_MESSAGES = 50;
/** Audio that waits while the session is built, in frames; about 2 s. */
const MAX_EARLY_FRAMES = 100;
const MAX_EARLY_KEYS = 32;
/** A new event of Twilio's is news a few times only. */
const MAX_UNKNOWN_LOGGED = 5;
const SAMPLES_PER_MS = 8;

export interface TwilioStreamOptions {
  readonly clock: Clock;
  /** From the upgrade to a valid `start`. */
  readonly startTimeoutMs: number;
  readonly logger: Pick<PinoLogger, 'debug' | 'info' | 'warn'>;
  /** What the call is to be, or what is wrong with the `start`. */
  choose(start: TwilioStart): CallChoice | string;
  /** For the audio of a stream that may become a call. */
  meter?(tenant: string, events: MeterEvents): AudioMeter;
  /** For all that is no audio and no answer to our own marks. */
  readonly pace?: Pick<MessagePace, 'take'>;
}

/** One Media Stream from its upgrade to its end: takes Twilio's messages apart and hands them to the session. */
export class TwilioStream {
  /** Resolves with what is to be built once a valid `start` has come; with undefined if the stream is over before. */
  readonly opening: Promise<OpenedCall | undefined>;
  private open!: (call: OpenedCall | undefined) => void;
  private readonly socket: ClientSocket;
  private readonly deadline: Timer;
  private readonly scanner = new MediaScanner();
  private readonly timeline = new MediaTimeline();
  private transport: TwilioTransport | undefined;
  private pipeline: VoicePipeline | undefined;
  private names: { readonly stream_sid?: string; readonly call_sid?: string } = {};
  private earlyAudio: Int16Array[] = [];
  private earlyKeys: string[] = [];
  private meter: Pick<AudioMeter, 'take' | 'close'> = unmeasured;
  private bad = 0;
  private unknown = 0;
  private over = false;

  /** Listens from now on: make it before the first await, or early messages are lost. */
  constructor(
    socket: WebSocket,
    private readonly options: TwilioStreamOptions,
  ) {
    this.socket = new ClientSocket(socket, options.clock);
    this.opening = new Promise((resolve) => (this.open = resolve));
    this.deadline = options.clock.setTimeout(
      () => this.refuse(`no start within ${options.startTimeoutMs} ms`),
      options.startTimeoutMs,
    );
    socket.on('message', (data: Buffer, isBinary: boolean) => this.receive(data, isBinary));
    socket.once('close', () => this.end());
  }

  private receive(data: Buffer, isBinary: boolean): void {
    if (this.over) return;
    const pcm = this.transport && !isBinary ? this.scanner.read(data) : undefined;
    if (!pcm) return this.receiveUnusual(data, isBinary);
    this.bad = 0;
    if (this.scanner.isInbound) this.hear(pcm, this.scanner.timestampMs);
  }

  /** Everything but audio, fifty times a second, is rare. */
  private receiveUnusual(data: Buffer, isBinary: boolean): void {
    const message = isBinary
      ? ({ event: 'unreadable', of: '', problem: 'a binary frame' } as const)
      : parseTwilioMessage(data.toString('utf8'));
    if (message.event !== 'media' && message.event !== 'mark' && message.event !== 'stop' && !this.isInPace()) return;
    switch (message.event) {
      case 'unreadable':
        return message.of === 'start' ? this.refuse(message.problem) : this.noteBad(message.problem);
      case 'unknown':
        return this.noteUnknown(message.name);
      case 'start':
        return this.start(message.start);
      case 'media':
      case 'dtmf':
      case 'mark':
        return this.transport ? this.take(this.transport, message) : this.noteBad(`${message.event} before start`);
      case 'stop':
        return this.hangUp();
      case 'connected':
        return this.options.logger.debug(this.names, 'Twilio connected');
    }
  }

  private isInPace(): boolean {
    const verdict = (this.options.pace ?? unpaced).take();
    if (verdict === 'tell') this.options.logger.warn(this.names, 'Twilio sends messages too fast: some are lost');
    if (verdict === 'close') this.refuse('too many messages');
    return verdict === 'take';
  }

  private take(
    transport: TwilioTransport,
    message: Extract<TwilioMessage, { event: 'media' | 'dtmf' | 'mark' }>,
  ): void {
    this.bad = 0;
    switch (message.event) {
      case 'media': {
        const { track, payload, timestamp } = message.media;
        if (track === undefined || track === 'inbound') this.hear(payload, timestamp ?? -1);
        return;
      }
      case 'dtmf': {
        const { digit } = message.dtmf;
        if (this.pipeline) this.pipeline.pushDtmf(digit);
        else if (this.earlyKeys.length < MAX_EARLY_KEYS) this.earlyKeys.push(digit);
        return;
      }
      case 'mark':
        return transport.markCame(message.mark.name);
    }
  }

  private hear(pcm: Int16Array, timestampMs: number): void {
    if (!this.meter.take(pcm.length / SAMPLES_PER_MS)) return;
    const gapMs = this.timeline.gapBefore(timestampMs, pcm.length / SAMPLES_PER_MS);
    if (gapMs > 0) this.push(new Int16Array(gapMs * SAMPLES_PER_MS));
    this.push(pcm);
  }

  private push(pcm: Int16Array): void {
    if (this.pipeline) this.pipeline.pushAudio(pcm);
    else if (this.earlyAudio.push(pcm) > MAX_EARLY_FRAMES) this.earlyAudio.shift();
  }

  private start(start: TwilioStart): void {
    if (this.transport) return this.refuse('a second start');
    this.names = { stream_sid: start.streamSid, ...(start.callSid && { call_sid: start.callSid }) };
    const choice = this.options.choose(start);
    if (typeof choice === 'string') return this.refuse(choice);
    this.deadline.cancel();
    this.bad = 0;
    this.meter =
      this.options.meter?.(DEFAULT_TENANT, {
        onTooFast: () => this.options.logger.warn(this.names, 'Twilio sends audio faster than it can have been said'),
        onSpent: () => this.endForBudget(),
      }) ?? unmeasured;
    const transport = new TwilioTransport(this.socket, start.streamSid, this.options.clock, (playback) =>
      this.pipeline?.reportPlayback(playback.generationId, playback.playedMs),
    );
    this.transport = transport;
    const { scenario, agent } = choice;
    this.open({
      transport,
      scenario,
      agent,
      tenant: DEFAULT_TENANT,
      // Twilio does not come back with a stream: the call itself is over.
      resumable: false,
      bind: (pipeline) => this.bind(pipeline),
    });
  }

  private bind(pipeline: VoicePipeline): void {
    this.pipeline = pipeline;
    this.options.logger.info({ session_id: pipeline.id, ...this.names }, 'Twilio stream bound to its session');
    for (const pcm of this.earlyAudio) pipeline.pushAudio(pcm);
    for (const digit of this.earlyKeys) pipeline.pushDtmf(digit);
    this.earlyAudio = [];
    this.earlyKeys = [];
  }

  private hangUp(): void {
    void this.pipeline?.close('hangup');
    this.socket.close(CloseCode.Ended, 'hangup');
    this.end();
  }

  /** The tenant has no audio left. */
  private endForBudget(): void {
    void this.pipeline?.close('budget');
    this.socket.close(CloseCode.Policy, 'budget');
    this.end();
  }

  /** The stream is not what it must be. */
  private refuse(problem: string): void {
    this.options.logger.warn(this.names, `Twilio stream refused: ${problem}`);
    this.socket.close(CloseCode.Policy, reasonOf(problem));
    void this.pipeline?.close('protocol');
    this.end();
  }

  private noteBad(problem: string): void {
    this.options.logger.debug(this.names, `Twilio message ignored: ${problem}`);
    if (++this.bad < MAX_BAD_MESSAGES) return;
    this.options.logger.warn(
      this.names,
      `Twilio stream closed: ${MAX_BAD_MESSAGES} bad messages, the last: ${problem}`,
    );
    this.socket.close(CloseCode.Malformed, 'protocol');
    void this.pipeline?.close('protocol');
    this.end();
  }

  private noteUnknown(name: string): void {
    if (++this.unknown <= MAX_UNKNOWN_LOGGED)
      this.options.logger.debug(this.names, `Twilio event ignored: ${JSON.stringify(name.slice(0, 32))}`);
  }

  /** Nothing of it is listened to any more. */
  private end(): void {
    if (this.over) return;
    this.over = true;
    this.deadline.cancel();
    this.meter.close();
    this.transport?.stop();
    this.open(undefined);
    if (this.timeline.filledMs > 0)
      this.options.logger.debug(this.names, `Twilio left out ${this.timeline.filledMs} ms of audio`);
  }
}

/** A close frame has room for 123 bytes. */
function reasonOf(problem: string): string {
  return Buffer.from(problem, 'utf8').subarray(0, 123).toString('utf8').replace(/�$/, '');
}
