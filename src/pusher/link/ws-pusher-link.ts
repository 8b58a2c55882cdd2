import { createHash } from 'node:crypto';
import type { Logger } from '@nestjs/common';
import type { PusherConfig } from '../../config/pusher.config.js';
import type { Segment } from '../../services/conversations/conversation-record.js';
import { Aborted } from '../../kernel/abort.js';
import type { Chance } from '../../kernel/chance.js';
import type { Clock } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import { AudioOut } from './audio-out.js';
import { conversationId as conversationIdSchema, segment as segmentSchema } from './frame-payloads.js';
import { type FrameFromPusher, type FrameToPusher, decodeToPusher, encodeToPusher } from './frames.js';
import type { LinkBreaker } from './link-breaker.js';
import { LinkConnector } from './link-connector.js';
import type { LinkMetrics } from './link-metrics.js';
import { PendingRequests } from './pending-requests.js';
import type { ConnectionOptions, PusherConnection, ReadyFrame } from './pusher-connection.js';
import type { PusherReach } from './pusher-reach.js';
import type { LinkListener, LinkOptions, LinkState, ProcessRequest, PusherLink, SampleRequest } from './pusher-link.js';
import { UnsentSegments } from './unsent-segments.js';

const MAX_WAITING_SEGMENTS = 1000;
const MAX_WAITING_SAMPLES = 50;
/** A pusher that does not read is sent no more than this ahead, but for requests, of which there are few. */
const MAX_UNSENT_BYTES = 1024 * 1024;
/** Ours, whatever the pusher takes. */
const MAX_FRAME_BYTES = 64 * 1024;

export interface LinkTools {
  readonly config: PusherConfig;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly breaker: LinkBreaker;
  readonly metrics: LinkMetrics;
  readonly reach: PusherReach;
  readonly logger: Logger;
  /** Undefined if it is not known yet where the pusher is. */
  readonly dial: (
    options: LinkOptions,
    handlers: Pick<ConnectionOptions, 'onFrame' | 'onBeat'>,
  ) => PusherConnection | undefined;
  /** Told of each attempt that fails: whether because the pusher does not know us. */
  readonly onRefused: (refused: boolean) => void;
  readonly onClosed: (link: WsPusherLink) => void;
}

/** What one session has to tell the pusher, kept until it is told, on one WebSocket at a time. */
export class WsPusherLink implements PusherLink {
  private isAway = false;
  private readonly requests: PendingRequests;
  private readonly samples: PendingRequests;
  private readonly segments: UnsentSegments;
  private readonly audio: AudioOut;
  private readonly connector: LinkConnector;
  private readonly ending = new AbortController();
  private connection: PusherConnection | undefined;
  private mostBytes = MAX_FRAME_BYTES;
  private closing: Promise<void> | undefined;
  private onEmpty: (() => void) | undefined;

  constructor(
    private readonly options: LinkOptions,
    private readonly tools: LinkTools,
  ) {
    const { config, clock, metrics } = tools;
    const limits = { timeoutMs: config.pendingTimeoutMs, maxRetries: config.maxRetries };
    this.requests = new PendingRequests(clock, { ...limits, capacity: config.maxPendingRequests }, (id) => {
      metrics.requestDropped();
      this.warn(`request ${id} had to make room; its conversation is found again by age`);
    });
    this.samples = new PendingRequests(clock, { ...limits, capacity: MAX_WAITING_SAMPLES }, (id) =>
      this.warn(`request ${id} to learn a voice had to make room`),
    );
    this.segments = new UnsentSegments(MAX_WAITING_SEGMENTS, (count) => metrics.segmentsDropped(count));
    this.audio = new AudioOut(options, config.audioBufferBytes, ({ conversationId, fromMs, toMs }) => {
      metrics.audioLost(toMs - fromMs);
      this.tell((listener) => listener.onAudioLost(conversationId, fromMs, toMs));
    });
    const { breaker, chance } = tools;
    const { maxReconnectAttempts, backoffMs, backoffMaxMs, probeMs } = config;
    this.connector = new LinkConnector({
      clock,
      chance,
      breaker,
      maxReconnectAttempts,
      backoffMs,
      backoffMaxMs,
      probeMs,
      dial: () => tools.dial(options, { onFrame: this.onFrame, onBeat: this.onBeat }),
      onConnected: this.onConnected,
      onLost: this.onLost,
      onFailed: (problem) => {
        metrics.failed();
        if (!this.ending.signal.aborted) tools.reach.failed();
        tools.onRefused(/\b40[13]\b/.test(problem));
        tools.logger.debug(`Link of session ${options.sessionId}: ${problem}`);
      },
      onState: (state) => {
        // Every probe that fails makes it degraded again.
        if (state === 'degraded' && !this.isAway) this.warn('the pusher cannot be reached; what can be kept is kept');
        if (state === 'degraded' || state === 'connected') this.isAway = state === 'degraded';
        this.tell((listener) => listener.onState(state));
      },
    });
    this.connector.run(this.ending.signal).then(
      () => tools.onClosed(this),
      (error: unknown) => {
        tools.logger.error(`Link of session ${options.sessionId} failed: ${messageOf(error)}`);
        tools.onClosed(this);
      },
    );
  }

  get state(): LinkState {
    return this.connector.state;
  }

  get load(): { requests: number; oldestRequestMs: number; segments: number; audioBytes: number } {
    return {
      requests: this.requests.size,
      oldestRequestMs: this.requests.oldestMs,
      segments: this.segments.size,
      audioBytes: this.audio.bytes,
    };
  }

  setConversation(conversationId: string): void {
    if (this.closing) return;
    const valid = conversationIdSchema.safeParse(conversationId).success;
    if (!valid) this.refuse('the id of a conversation');
    this.audio.setConversation(valid ? conversationId : '');
    this.pump();
  }

  sendAudio(startMs: number, pcm: Int16Array): void {
    if (this.closing) return;
    if (!this.audio.append(startMs, pcm)) this.refuse('audio');
    this.pump();
  }

  sendSegments(conversationId: string, segments: readonly Segment[]): void {
    if (this.closing) return;
    // What the pusher would not take would end the connection, and then the next one.
    const valid = segments.filter((segment) => segmentSchema.safeParse(segment).success);
    if (valid.length < segments.length || !conversationIdSchema.safeParse(conversationId).success)
      this.refuse('a segment');
    else this.segments.put(conversationId, valid);
    this.pump();
  }

  requestProcessing(request: ProcessRequest): void {
    if (this.closing) return;
    const frame = this.encode({ type: 'process', request });
    if (frame) this.requests.add(request.jobId, frame);
    this.audio.flush();
    this.pump();
  }

  requestSample(request: SampleRequest): void {
    if (this.closing) return;
    const { tenant, conversationId, personId, segmentIds } = request;
    const asked = JSON.stringify([tenant, conversationId, personId, ...segmentIds]);
    const jobId = `sample-${createHash('sha256').update(asked).digest('hex').slice(0, 32)}`;
    const frame = this.encode({ type: 'sample', jobId, request });
    if (frame) this.samples.add(jobId, frame);
    this.pump();
  }

  close(withinMs: number): Promise<void> {
    return (this.closing ??= this.finish(withinMs));
  }

  private async finish(withinMs: number): Promise<void> {
    this.audio.setConversation('');
    if (withinMs > 0) await this.emptied(withinMs);
    this.audio.giveUp();
    if (!this.requests.allAccepted)
      this.warn(`ends before the pusher has taken all its requests; the conversations are found again by age`);
    this.connection = undefined;
    this.ending.abort(new Aborted('completed'));
  }

  private async emptied(withinMs: number): Promise<void> {
    const empty = new Promise<void>((resolve) => (this.onEmpty = resolve));
    let timer: { cancel(): void } | undefined;
    const late = new Promise<void>((resolve) => (timer = this.tools.clock.setTimeout(resolve, withinMs)));
    this.pump();
    await Promise.race([empty, late]);
    timer?.cancel();
  }

  private readonly onConnected = (connection: PusherConnection, ready: ReadyFrame): void => {
    this.tools.metrics.connected();
    this.tools.reach.connected();
    this.tools.onRefused(false);
    this.connection = connection;
    this.mostBytes = Math.min(MAX_FRAME_BYTES, ready.maxFrameBytes);
    this.audio.begin(ready, this.mostBytes);
    this.requests.replay();
    this.samples.replay();
    this.segments.rewind();
    this.pump();
  };

  private readonly onLost = ({ problem }: { problem: string }): void => {
    this.tools.logger.debug(`Link of session ${this.options.sessionId} lost: ${problem}`);
    this.tools.reach.lost(this.ending.signal.aborted);
    this.connection = undefined;
    this.audio.rewind();
  };

  private readonly onFrame = (frame: FrameFromPusher): void => {
    if (frame.type === 'result') {
      if (this.requests.settle(frame.result.jobId)) this.tell((listener) => listener.onResult(frame.result));
    } else if (frame.type === 'accepted') {
      this.requests.accept(frame.jobId);
      this.samples.settle(frame.jobId);
    } else if (frame.type === 'kept') {
      this.audio.keep(frame.conversationId, frame.untilMs);
    }
    this.pump();
  };

  private readonly onBeat = (): void => {
    this.audio.tellLost();
    this.audio.flush();
    this.pump();
  };

  /** Sends what can be sent now. */
  private readonly pump = (): void => {
    const { connection } = this;
    if (connection?.isOpen) {
      this.pumpSegments(connection);
      for (const frame of [...this.requests.due(), ...this.samples.due()]) connection.send(frame);
      for (const frame of this.audio.frames(() => connection.unsentBytes <= MAX_UNSENT_BYTES))
        connection.send(frame, this.pump);
    }
    if (this.onEmpty && this.isEmpty) this.onEmpty();
  };

  private pumpSegments(connection: PusherConnection): void {
    while (connection.unsentBytes <= MAX_UNSENT_BYTES) {
      const batch = this.segments.take(this.mostBytes);
      if (!batch) return;
      connection.send(batch.frame, () => {
        batch.accepted();
        this.pump();
      });
    }
  }

  private get isEmpty(): boolean {
    return this.requests.allAccepted && this.samples.size === 0 && this.segments.size === 0 && this.audio.isEmpty;
  }

  /** Undefined for what the pusher would not take: it would end the connection, and then the next one. */
  private encode(frame: FrameToPusher): Buffer | undefined {
    const encoded = encodeToPusher(frame);
    try {
      decodeToPusher(encoded, this.options.channels);
      if (encoded.length <= this.mostBytes) return encoded;
    } catch {
      // Said below; the problem itself may hold a name.
    }
    this.refuse(frame.type === 'sample' ? 'a request to learn a voice' : 'a request to process a conversation');
    return undefined;
  }

  private refuse(what: string): void {
    this.warn(`${what} is not what the pusher would take, and is not sent`);
  }

  private warn(problem: string): void {
    this.tools.logger.warn(`Link of session ${this.options.sessionId}: ${problem}`);
  }

  private tell(tell: (listener: LinkListener) => void): void {
    try {
      tell(this.options.listener);
    } catch (error) {
      this.tools.logger.error(`Session ${this.options.sessionId}: ${messageOf(error)}`);
    }
  }
}
