import type { Clock, Timer } from '../../kernel/clock.js';

/** A mark for so much audio: how finely is known what was heard. */
const INTERVAL_MS = 200;
/** How often is looked after marks that should have come back. */
const WATCH_MS = 100;
/** A mark that is out for longer will not come back. */
const LOST_AFTER_MS = 5000;

export interface Playback {
  readonly generationId: string;
  /** Of the generation's audio, from its first sample. */
  readonly playedMs: number;
}

interface Outstanding {
  readonly generationId: string;
  readonly positionMs: number;
  readonly sentAt: number;
}

/**
 * Where the audio that is sent stands in its generation, and the names of the marks that say so: `gen_3:1240:2`, which is
 * 1240 ms of generation 3, sent after the second `clear`. Twilio sends a mark back when everything before it has been
 * played, but also when a `clear` has dropped it: the number of clears tells one from the other.
 */
export class PlaybackMarks {
  private generationId = '';
  private positionMs = 0;
  private clears = 0;
  /** Audio sent since the last mark. The first piece gets one at once: it shows how far behind the caller is. */
  private unmarkedMs = INTERVAL_MS;
  /** Marks that are still to come back, in order. */
  private outstanding: Outstanding[] = [];
  /** What the caller had heard of the generation, and when. */
  private heard: { readonly positionMs: number; readonly at: number } | undefined;
  /** Until one has come back, nobody knows whether any will. */
  private comeBack = false;
  private watch: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    /** Hears how much the caller has heard, whenever that is known. */
    private readonly onPlayback: (playback: Playback) => void,
  ) {}

  /** The audio that follows is of this generation; going on with the one before changes nothing. */
  begin(generationId: string): void {
    if (generationId !== this.generationId) this.goTo(generationId, 0);
  }

  /** Returns the name of the mark that is to follow the audio, if it is time for one. */
  sent(durationMs: number): string | undefined {
    this.heard ??= { positionMs: this.positionMs, at: this.clock.now() };
    this.positionMs += durationMs;
    this.unmarkedMs += durationMs;
    return this.unmarkedMs >= INTERVAL_MS ? this.next() : undefined;
  }

  /** A message has been sent to its end: the name of its mark, unless there is one already. */
  finished(): string | undefined {
    return this.unmarkedMs > 0 ? this.next() : undefined;
  }

  /** What was sent is dropped; if the generation goes on, then from `heardMs`. */
  cleared(generationId: string, heardMs: number): void {
    this.clears++;
    this.outstanding = [];
    this.goTo(generationId, heardMs);
  }

  /** Twilio has sent a mark back. Nothing happens if it is not one of ours, or was dropped. */
  cameBack(name: string): void {
    const [, generationId, digits, clears] = /^([\w-]+):(\d{1,9}):(\d{1,9})$/.exec(name) ?? [];
    if (generationId === undefined) return;
    this.comeBack = true;
    if (Number(clears) !== this.clears) return;
    const playedMs = Number(digits);
    const index = this.outstanding.findIndex(
      (mark) => mark.generationId === generationId && mark.positionMs === playedMs,
    );
    this.outstanding.splice(0, index + 1);
    if (generationId === this.generationId) this.heard = { positionMs: playedMs, at: this.clock.now() };
    this.onPlayback({ generationId, playedMs });
  }

  /** No timer runs any more. */
  stop(): void {
    this.watch?.cancel();
    this.watch = undefined;
  }

  /**
   * Marks alone would not show a player that has stopped: it has not come further than the mark that is still to come
   * back, whatever the clock says.
   */
  private readonly tellWhenLate = (): void => {
    this.watch = undefined;
    const [next] = this.outstanding;
    if (!next || !this.heard) return;
    const now = this.clock.now();
    const byClockMs = this.heard.positionMs + now - this.heard.at;
    const atMostMs = next.generationId === this.generationId ? next.positionMs : 0;
    const lost = now - next.sentAt > LOST_AFTER_MS;
    if (this.comeBack && (lost || byClockMs > atMostMs))
      this.onPlayback({ generationId: this.generationId, playedMs: lost ? byClockMs : atMostMs });
    if (!lost) {
      this.watch = this.clock.setTimeout(this.tellWhenLate, WATCH_MS);
      return;
    }
    this.comeBack = false;
    this.outstanding = [];
  };

  private goTo(generationId: string, positionMs: number): void {
    this.generationId = generationId;
    this.positionMs = positionMs;
    this.unmarkedMs = INTERVAL_MS;
    this.heard = undefined;
  }

  private next(): string {
    const { generationId } = this;
    const positionMs = Math.round(this.positionMs);
    this.unmarkedMs = 0;
    this.outstanding.push({ generationId, positionMs, sentAt: this.clock.now() });
    this.watch ??= this.clock.setTimeout(this.tellWhenLate, WATCH_MS);
    return `${generationId}:${positionMs}:${this.clears}`;
  }
}
