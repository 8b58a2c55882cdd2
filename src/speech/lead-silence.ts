/** About -47 dBFS. */
const AUDIBLE = 150;
/** Enough not to cut into an onset, and well below the 30 ms that may come before a word. */
const LEAD_MS = 15;

/** Takes the silence off the beginning of audio that comes in pieces. */
export class LeadSilence {
  private held: Int16Array = new Int16Array(0);
  private trimmed = 0;
  private begun = false;

  constructor(private readonly sampleRate: number) {}

  /** What has been taken away; final once there was something to hear. */
  get trimmedMs(): number {
    return (this.trimmed * 1000) / this.sampleRate;
  }

  /** Empty until there is something to hear. */
  push(pcm: Int16Array): Int16Array {
    if (this.begun) return pcm;
    const first = pcm.findIndex((sample) => sample > AUDIBLE || sample < -AUDIBLE);
    const leadLength = Math.round((this.sampleRate * LEAD_MS) / 1000);
    const all = new Int16Array(this.held.length + pcm.length);
    all.set(this.held);
    all.set(pcm, this.held.length);
    this.begun = first >= 0;
    const keepFrom = Math.max(0, (first >= 0 ? this.held.length + first : all.length) - leadLength);
    this.trimmed += keepFrom;
    this.held = all.subarray(keepFrom);
    return this.begun ? this.held : new Int16Array(0);
  }
}
