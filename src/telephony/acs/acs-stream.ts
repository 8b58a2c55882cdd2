import type { PinoLogger } from 'nestjs-pino';
import type { WebSocket } from 'ws';
import type { VoicePipeline } from '../../conversation/voice-pipeline.js';
import type { Clock, Timer } from '../../kernel/clock.js';
import { CloseCode } from '../../kernel/close-codes.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import type { AcsClient } from '../../services/acs/acs-client.js';
import type { OpenedCall } from '../../voice/call-host.js';
import { type AudioMeter, unmeasured } from '../../voice/audio-meter.js';
import type { MeterEvents } from '../../voice/call-quota.js';
import { ClientSocket } from '../../voice/client-socket.js';
import type { MessagePace } from '../../voice/message-pace.js';
import type { AcsCallEvent, AcsCallPlan, AcsLiveCall } from './acs-live-calls.js';
import { type AcsMessage, parseAcsMessage } from './acs-messages.js';
import { AcsTransport } from './acs-transport.js';

/** After this many bad messages in a row the client is taken for broken. */
const MAX_BAD_MESSAGES = 50;
/** What waits while the session is built; about 2 s of audio. */
const MAX_EARLY_MESSAGES = 100;
/** From the upgrade to the metadata, which the service sends at once. */
const START_TIMEOUT_MS = 5000;
const SAMPLE_RATES = [16_000, 24_000];

export interface AcsStreamOptions {
  readonly clock: Clock;
  readonly logger: Pick<PinoLogger, 'debug' | 'info' | 'warn'>;
  readonly client: AcsClient;
  readonly callId: string;
  readonly plan: AcsCallPlan;
  readonly transferTimeoutMs: number;
  /** Where a name that agents use leads; undefined for one that is not allowed. */
  targetOf(name: string): string | undefined;
  onBound(sessionId: string, call: AcsLiveCall): void;
  onOver(sessionId: string): void;
  /** For the audio of the call. */
  meter(events: MeterEvents): AudioMeter;
  /** For all that is no audio. */
  readonly pace: Pick<MessagePace, 'take'>;
}

type Early = Extract<AcsMessage, { kind: 'audio' | 'dtmf' }>;

/** One media stream of Azure Communication Services, from its upgrade to its end, and the call that it belongs to. */
export class AcsStream implements AcsLiveCall {
  /** Resolves with what is to be built once the metadata has come; with undefined if the stream is over before. */
  readonly opening: Promise<OpenedCall | undefined>;
  private open!: (call: OpenedCall | undefined) => void;
  private readonly socket: ClientSocket;
  private readonly deadline: Timer;
  private transport: AcsTransport | undefined;
  private pipeline: VoicePipeline | undefined;
  private transferring: { done(): void; failed(error: Error): void } | undefined;
  private early: Early[] = [];
  private meter: Pick<AudioMeter, 'take' | 'close'> = unmeasured;
  private bad = 0;
  private over = false;
  /** The caller is somebody else's, or gone. */
  private callOver = false;

  /** Listens from now on: make it before the first await, or early messages are lost. */
  constructor(
    socket: WebSocket,
    private readonly options: AcsStreamOptions,
  ) {
    this.socket = new ClientSocket(socket, options.clock);
    this.opening = new Promise((resolve) => (this.open = resolve));
    this.deadline = options.clock.setTimeout(() => this.refuse('no metadata in time'), START_TIMEOUT_MS);
    socket.on('message', (data: Buffer, isBinary: boolean) => this.receiveFrame(data, isBinary));
    socket.once('close', () => this.end());
  }

  receive({ type, detail }: AcsCallEvent): void {
    this.options.logger.debug(this.names, `Call ${type} ${detail}`);
    if (type === 'transfer_failed')
      return this.transferring?.failed(new ParleyError('call_failed', `The transfer failed: ${detail}`));
    this.callOver = true;
    if (type === 'transferred') this.transferring?.done();
    else void this.pipeline?.close('hangup');
  }

  private get names(): Record<string, string> {
    return { call_id: this.options.callId };
  }

  private receiveFrame(data: Buffer, isBinary: boolean): void {
    if (this.over) return;
    const message: AcsMessage = isBinary
      ? { kind: 'unreadable', problem: 'a binary frame' }
      : parseAcsMessage(data.toString('utf8'));
    if (message.kind !== 'audio' && !this.isInPace()) return;
    switch (message.kind) {
      case 'metadata':
        return this.start(message);
      case 'audio':
      case 'dtmf':
        return this.transport ? this.take(message) : this.noteBad(`${message.kind} before the metadata`);
      case 'unknown':
        return this.options.logger.debug(this.names, 'Media message ignored');
      case 'unreadable':
        return this.noteBad(message.problem);
    }
  }

  private isInPace(): boolean {
    const verdict = this.options.pace.take();
    if (verdict === 'tell') this.options.logger.warn(this.names, 'Messages come too fast: some are lost');
    if (verdict === 'close') this.refuse('too many messages');
    return verdict === 'take';
  }

  private start({ encoding, sampleRate, channels }: Extract<AcsMessage, { kind: 'metadata' }>): void {
    if (this.transport) return;
    if (encoding.toUpperCase() !== 'PCM' || !SAMPLE_RATES.includes(sampleRate) || channels !== 1)
      return this.refuse('the audio must be PCM, 16000 or 24000 Hz, 1 channel');
    this.deadline.cancel();
    const transport = new AcsTransport(this.socket, sampleRate, {
      transfer: (target) => this.transfer(target),
      hangUp: () => this.hangUp(),
    });
    this.transport = transport;
    this.meter = this.options.meter({
      onTooFast: () => this.options.logger.warn(this.names, 'Audio comes faster than it can have been said'),
      onSpent: () => this.endForBudget(),
    });
    const { plan } = this.options;
    this.open({
      transport,
      ...plan,
      // The service does not come back with a stream: without one the call is over.
      resumable: false,
      bind: (pipeline) => this.bind(pipeline),
    });
  }

  private take(message: Early): void {
    this.bad = 0;
    if (!this.pipeline) {
      if (this.early.push(message) > MAX_EARLY_MESSAGES) this.early.shift();
    } else if (message.kind === 'dtmf') this.pipeline.pushDtmf(message.digit);
    else if (this.meter.take((message.pcm.length * 1000) / this.transport!.inputRate))
      this.pipeline.pushAudio(message.pcm);
  }

  private bind(pipeline: VoicePipeline): void {
    this.pipeline = pipeline;
    this.options.logger.info({ session_id: pipeline.id, ...this.names }, 'Media stream bound to its session');
    this.options.onBound(pipeline.id, this);
    void pipeline.closed.then(() => this.options.onOver(pipeline.id));
    for (const message of this.early) this.take(message);
    this.early = [];
  }

  private async transfer(name: string): Promise<void> {
    const { clock, client, callId, transferTimeoutMs } = this.options;
    const target = this.options.targetOf(name);
    if (target === undefined) throw new ParleyError('call_failed', 'ACS_TRANSFER_TARGETS does not have this target');
    let limit: Timer | undefined;
    const outcome = new Promise<void>((resolve, reject) => {
      this.transferring = { done: resolve, failed: reject };
      limit = clock.setTimeout(() => reject(new ParleyError('timeout', 'Nobody took the call')), transferTimeoutMs);
    });
    // The order may be refused before anybody waits for the outcome.
    outcome.catch(() => undefined);
    try {
      await client.transfer(callId, target, name);
      await outcome;
    } finally {
      limit?.cancel();
      this.transferring = undefined;
    }
  }

  /** Without us the caller would listen to silence until they hang up. */
  private hangUp(): void {
    if (this.callOver) return;
    this.callOver = true;
    this.options.client.hangUp(this.options.callId).catch((error: unknown) => {
      this.options.logger.warn(this.names, `The call could not be ended: ${messageOf(error)}`);
    });
  }

  /** The tenant has no audio left. */
  private endForBudget(): void {
    void this.pipeline?.close('budget');
    this.give(CloseCode.Policy, 'budget');
  }

  private refuse(problem: string): void {
    this.options.logger.warn(this.names, `Media stream refused: ${problem}`);
    this.give(CloseCode.Policy, problem);
  }

  private noteBad(problem: string): void {
    this.options.logger.debug(this.names, `Media message ignored: ${problem}`);
    if (++this.bad < MAX_BAD_MESSAGES) return;
    this.options.logger.warn(this.names, `Media stream closed: ${MAX_BAD_MESSAGES} bad messages, the last: ${problem}`);
    this.give(CloseCode.Malformed, 'protocol');
  }

  private give(code: CloseCode, reason: string): void {
    this.socket.close(code, reason);
    void this.pipeline?.close('protocol');
    this.end();
  }

  /** Nothing of it is listened to any more; nor does the call make sense without it. */
  private end(): void {
    if (this.over) return;
    this.over = true;
    this.deadline.cancel();
    this.meter.close();
    this.transferring?.failed(new ParleyError('call_failed', 'The call is over'));
    this.open(undefined);
    this.hangUp();
  }
}
