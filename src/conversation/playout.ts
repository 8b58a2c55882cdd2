import type { Clock, Timer } from '../kernel/clock.js';

const FRAME_MS = 20;
/** Audio that was heard is kept for so long: a client may say later that it was not. */
const KEPT_MS = 1000;

/** Hears what leaves, in order. */
export interface PlayoutSink {
  /** Audio that left but that the client has not taken, ms. */
  readonly backlogMs: number;
  /** It has so much to take that it gets no more for now. */
  readonly clientBehind: boolean;
  /** The first audio of a message is about to leave (again, after a resume). */
  messageStarted(generationId: string, messageId: string): void;
  /** 20 ms of audio, to be sent now. The samples are not reused. */
  frame(generationId: string, pcm: Int16Array): void;
  messageStopped(generationId: string, messageId: string): void;
  /** The caller has heard the sentence to its end. */
  sentencePlayed(generationId: string, index: number): void;
}

interface Chunk {
  readonly messageId: string;
  readonly pcm: Int16Array;
  /** Position of the first sample in the generation's audio. */
  readonly start: number;
}

interface Mark {
  readonly sentence: number;
  readonly end: number;
}

/**
 * Sends a generation's audio in 20 ms frames by a monotonic clock, at most `leadMs` ahead of what the caller hears, so
 * that an interruption is immediate even on a client that ignores it. After a stall it never bursts more than the lead.
 *
 * All positions are samples since the first of the generation; silence between pieces that came late does not count.
 */
export class Playout {
  private generationId: string | undefined;
  private chunks: Chunk[] = [];
  private marks: Mark[] = [];
  private appended = 0;
  private sent = 0;
  /** Clock time at which the caller hears position 0, if nothing runs dry any more. */
  private origin = 0;
  private reported: { readonly positionMs: number; readonly at: number } | undefined;
  private currentMessage: string | undefined;
  private paused = false;
  private whole = false;
  private timer: Timer | undefined;
  private readonly frameSamples: number;

  constructor(
    private readonly clock: Clock,
    private readonly sampleRate: number,
    private readonly leadMs: number,
    private readonly sink: PlayoutSink,
  ) {
    this.frameSamples = (sampleRate * FRAME_MS) / 1000;
  }

  /** Audio that is queued but not sent. */
  get queuedMs(): number {
    return this.toMs(this.appended - this.sent);
  }

  get appendedMs(): number {
    return this.toMs(this.appended);
  }

  /** Whether the caller hears something now, or would if it were not paused. */
  get audible(): boolean {
    return (
      this.generationId !== undefined &&
      this.sent > 0 &&
      (this.heardMs < this.toMs(this.sent) || this.appended > this.sent)
    );
  }

  /** How much of the generation the caller has heard. */
  get heardMs(): number {
    const sentMs = Math.max(0, this.toMs(this.sent) - this.sink.backlogMs);
    const byClock = this.paused ? sentMs : Math.min(sentMs, Math.max(0, this.clock.now() - this.origin));
    if (!this.reported) return byClock;
    const byClient = this.reported.positionMs + (this.paused ? 0 : this.clock.now() - this.reported.at);
    return Math.min(byClock, byClient);
  }

  /** Starts over for another generation; whatever is left of the last one is dropped. */
  begin(generationId: string): void {
    this.clear();
    this.generationId = generationId;
  }

  /** @param pcm at the playout's rate; kept, not copied. Ignored for another generation than the one begun. */
  append(generationId: string, messageId: string, pcm: Int16Array): void {
    if (generationId !== this.generationId || pcm.length === 0) return;
    this.chunks.push({ messageId, pcm, start: this.appended });
    this.appended += pcm.length;
    if (!this.timer) this.tick();
  }

  /** The audio of the sentence is in. */
  endSentence(generationId: string, index: number): void {
    if (generationId !== this.generationId) return;
    this.marks.push({ sentence: index, end: this.appended });
    if (!this.timer) this.tick();
  }

  /** No more audio will come: what is left is sent even if it does not fill a frame. */
  endGeneration(generationId: string): void {
    if (generationId !== this.generationId) return;
    this.whole = true;
    if (this.sent === this.appended && !this.paused) this.stopMessage(generationId);
    if (!this.timer) this.tick();
  }

  /** The client's own word on how much it has played. */
  report(generationId: string, playedMs: number): void {
    if (generationId !== this.generationId || this.paused) return;
    this.reported = { positionMs: Math.min(playedMs, this.toMs(this.sent)), at: this.clock.now() };
  }

  /** Stops sending and forgets what was sent but not heard yet, for `resume`. Returns how much was heard, ms. */
  pause(): number {
    if (this.paused) return this.heardMs;
    const heardMs = this.heardMs;
    this.stopTimer();
    this.paused = true;
    this.reported = undefined;
    const earliest = this.chunks[0]?.start ?? this.appended;
    this.sent = Math.min(this.sent, Math.max(earliest, this.toSamples(heardMs)));
    this.currentMessage = undefined;
    return heardMs;
  }

  /** Goes on from where the caller stopped hearing. */
  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.origin = this.clock.now() - this.toMs(this.sent);
    this.tick();
  }

  /** Drops everything. */
  clear(): void {
    this.stopTimer();
    this.generationId = undefined;
    this.chunks = [];
    this.marks = [];
    this.appended = this.sent = 0;
    this.reported = undefined;
    this.currentMessage = undefined;
    this.paused = this.whole = false;
  }

  private readonly tick = (): void => {
    this.timer = undefined;
    const generationId = this.generationId;
    if (generationId === undefined || this.paused) return;
    this.sendDue(generationId);
    this.tellPlayed(generationId);
    if (this.generationId === generationId && !this.paused && !this.timer) this.schedule();
  };

  private sendDue(generationId: string): void {
    const now = this.clock.now();
    // It ran dry: what comes now is heard now.
    if (this.canSend && this.origin + this.toMs(this.sent) < now) this.origin = now - this.toMs(this.sent);
    while (this.canSend && this.toMs(this.sent) < now - this.origin + this.leadMs && !this.sink.clientBehind) {
      this.sendFrame(generationId);
      if (this.generationId !== generationId || this.paused) return;
    }
  }

  /** Whether there is a frame, or a last piece that nothing will be added to. */
  private get canSend(): boolean {
    const available = this.appended - this.sent;
    if (available >= this.frameSamples) return true;
    return available > 0 && (this.whole || this.marks.some((mark) => mark.end === this.appended));
  }

  private sendFrame(generationId: string): void {
    const available = this.appended - this.sent;
    const first = this.chunkAt(this.sent)!;
    const frame = this.copyFrame(first);
    if (first.messageId !== this.currentMessage) {
      this.stopMessage(generationId);
      this.currentMessage = first.messageId;
      this.sink.messageStarted(generationId, first.messageId);
    }
    this.sent = Math.min(this.appended, this.sent + this.frameSamples);
    // What fills up the frame is silence the caller also hears, before whatever comes next.
    if (available < this.frameSamples) this.origin += this.toMs(this.frameSamples - available);
    this.sink.frame(generationId, frame);
    if (this.whole && this.sent === this.appended) this.stopMessage(generationId);
  }

  private stopMessage(generationId: string): void {
    if (this.currentMessage !== undefined) this.sink.messageStopped(generationId, this.currentMessage);
    this.currentMessage = undefined;
  }

  private chunkAt(position: number): Chunk | undefined {
    return this.chunks.find((chunk) => position < chunk.start + chunk.pcm.length);
  }

  private copyFrame(first: Chunk): Int16Array {
    const offset = this.sent - first.start;
    if (offset + this.frameSamples <= first.pcm.length) return first.pcm.subarray(offset, offset + this.frameSamples);
    const frame = new Int16Array(this.frameSamples);
    const end = this.sent + this.frameSamples;
    for (const chunk of this.chunks) {
      const from = Math.max(this.sent, chunk.start);
      const to = Math.min(end, chunk.start + chunk.pcm.length);
      if (from < to) frame.set(chunk.pcm.subarray(from - chunk.start, to - chunk.start), from - this.sent);
    }
    return frame;
  }

  private tellPlayed(generationId: string): void {
    const heard = this.toSamples(this.heardMs);
    while (this.marks.length > 0 && this.marks[0]!.end <= heard) {
      const { sentence } = this.marks.shift()!;
      this.sink.sentencePlayed(generationId, sentence);
      if (this.generationId !== generationId) return;
    }
    const kept = heard - this.toSamples(KEPT_MS);
    while (this.chunks.length > 0 && this.chunks[0]!.start + this.chunks[0]!.pcm.length <= kept) this.chunks.shift();
  }

  private schedule(): void {
    const now = this.clock.now();
    const nextFrame = this.canSend ? this.origin + this.toMs(this.sent) - this.leadMs : Infinity;
    const nextMark = this.marks.length > 0 ? this.markDue(this.marks[0]!) : Infinity;
    const due = Math.min(nextFrame, nextMark);
    if (due === Infinity) return;
    // Something is due that waits for the client: look again in a while.
    const earliest = this.sink.backlogMs > 0 ? FRAME_MS : 1;
    this.timer = this.clock.setTimeout(this.tick, Math.max(earliest, due - now));
  }

  /** When the caller will have heard up to the mark: by our clock, or later if the client says that it is behind. */
  private markDue(mark: Mark): number {
    const byClock = this.origin + this.toMs(mark.end);
    return this.reported
      ? Math.max(byClock, this.reported.at + this.toMs(mark.end) - this.reported.positionMs)
      : byClock;
  }

  private stopTimer(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private toSamples(ms: number): number {
    return Math.round((ms * this.sampleRate) / 1000);
  }

  private toMs(samples: number): number {
    return (samples * 1000) / this.sampleRate;
  }
}
