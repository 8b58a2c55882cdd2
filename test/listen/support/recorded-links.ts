import {
  type LinkOptions,
  type ProcessRequest,
  type PusherLink,
  PusherLinks,
  type SampleRequest,
} from '../../../src/pusher/link/pusher-link.js';
import type { Segment } from '../../../src/services/conversations/conversation-record.js';

/** Links that lead nowhere, and remember what was sent. */
export class RecordedLinks extends PusherLinks {
  readonly opened: RecordedLink[] = [];
  /** Of all links, in order. */
  readonly requests: ProcessRequest[] = [];

  override open(options: LinkOptions): PusherLink {
    const link = new RecordedLink(options, this.requests);
    this.opened.push(link);
    return link;
  }

  get newest(): RecordedLink {
    const link = this.opened.at(-1);
    if (!link) throw new Error('There is no link');
    return link;
  }
}

export class RecordedLink implements PusherLink {
  readonly state = 'connected';
  readonly audio: { readonly conversationId: string; readonly startMs: number; readonly pcm: Int16Array }[] = [];
  readonly segments: { readonly conversationId: string; readonly segments: readonly Segment[] }[] = [];
  readonly samples: SampleRequest[] = [];
  /** What was done, without audio and segments. */
  readonly log: string[] = [];
  isClosed = false;
  private conversationId = '';

  constructor(
    readonly options: LinkOptions,
    private readonly requests: ProcessRequest[],
  ) {}

  setConversation(conversationId: string): void {
    this.conversationId = conversationId;
    this.log.push('conversation');
  }

  sendAudio(startMs: number, pcm: Int16Array): void {
    this.audio.push({ conversationId: this.conversationId, startMs, pcm });
    if (this.log.at(-1) !== 'audio') this.log.push('audio');
  }

  sendSegments(conversationId: string, segments: readonly Segment[]): void {
    this.segments.push({ conversationId, segments });
    if (this.log.at(-1) !== 'segments') this.log.push('segments');
  }

  requestProcessing(request: ProcessRequest): void {
    this.requests.push(request);
    this.log.push('process');
  }

  requestSample(request: SampleRequest): void {
    this.samples.push(request);
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.log.push('close');
    return Promise.resolve();
  }
}
