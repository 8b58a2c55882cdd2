/** What a phone network does with the audio it gets: plays it one after the other, and reports the marks in between. */
export class PlayoutModel {
  private endsAt = 0;
  private readonly marks: { name: string; at: number }[] = [];

  /** Milliseconds on the load generator's clock at which everything received so far has been heard. */
  get playedOutAt(): number {
    return this.endsAt;
  }

  audio(now: number, durationMs: number): void {
    this.endsAt = Math.max(now, this.endsAt) + durationMs;
  }

  mark(now: number, name: string): void {
    this.marks.push({ name, at: Math.max(now, this.endsAt) });
  }

  /** Twilio empties its buffer and reports every mark in it at once. */
  clear(now: number): string[] {
    this.endsAt = now;
    return this.marks.splice(0).map(({ name }) => name);
  }

  /** The marks whose audio has been heard by now, oldest first. */
  takeDue(now: number): string[] {
    let due = 0;
    while (due < this.marks.length && this.marks[due]!.at <= now) due++;
    return due === 0 ? [] : this.marks.splice(0, due).map(({ name }) => name);
  }
}
