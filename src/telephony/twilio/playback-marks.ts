/** A mark for so much audio: how finely is known what was heard. */
const INTERVAL_MS = 200;

export interface Playback {
  readonly generationId: string;
  /** Of the generation's audio, from its first sample. */
  readonly playedMs: number;
}

/**
 * Where the audio that is sent stands in its generation, and the names of the marks that say so: `gen_3:1240:2`, which is
 * 1240 ms of generation 3, sent after the second `clear`. Twilio sends a mark back when everything before it has been
 * played, but also when a `clear` has dropped it: the number of clears tells one from the other.
 */
export class PlaybackMarks {
  private generationId: string | undefined;
  private positionMs = 0;
  private clears = 0;
  /** Audio sent since the last mark. The first piece gets one at once: it shows how far behind the caller is. */
  private unmarkedMs = INTERVAL_MS;

  /** The audio that follows is of this generation; going on with the one before changes nothing. */
  begin(generationId: string): void {
    if (generationId === this.generationId) return;
    this.generationId = generationId;
    this.positionMs = 0;
    this.unmarkedMs = INTERVAL_MS;
  }

  /** Returns the name of the mark that is to follow the audio, if it is time for one. */
  sent(durationMs: number): string | undefined {
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
    this.generationId = generationId;
    this.positionMs = heardMs;
    this.unmarkedMs = INTERVAL_MS;
  }

  /** What a mark that came back says; undefined if it is not one of ours, or was dropped. */
  played(name: string): Playback | undefined {
    const [, generationId, playedMs, clears] = /^([\w-]+):(\d{1,9}):(\d{1,9})$/.exec(name) ?? [];
    if (generationId === undefined || Number(clears) !== this.clears) return undefined;
    return { generationId, playedMs: Number(playedMs) };
  }

  private next(): string | undefined {
    this.unmarkedMs = 0;
    if (this.generationId === undefined) return undefined;
    return `${this.generationId}:${Math.round(this.positionMs)}:${this.clears}`;
  }
}
