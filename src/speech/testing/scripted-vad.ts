import { VoiceActivityDetector, type VadListener, type VadRate, type VadStream } from '../voice-activity.js';

const WINDOW_MS = 20;
/** Mean amplitude from which a window is speech. */
const LOUD = 1000;

/**
 * Hears speech by a script of probabilities, one for each 20 ms, or, without one and when it is over, in every window
 * that is loud. The listener is called within `write`.
 */
export class ScriptedVad extends VoiceActivityDetector {
  readonly name = 'scripted';
  /** Streams that are open. */
  openStreams = 0;

  constructor(private readonly probabilities: number[] = []) {
    super();
  }

  override async start(): Promise<void> {}

  override open(sampleRate: VadRate, listener: VadListener): VadStream {
    const windowSamples = (sampleRate * WINDOW_MS) / 1000;
    let filled = 0;
    let sum = 0;
    let windows = 0;
    let isOpen = true;
    this.openStreams++;
    return {
      write: (pcm) => {
        for (const sample of pcm) {
          if (!isOpen) return;
          sum += Math.abs(sample);
          if (++filled < windowSamples) continue;
          const level = sum / windowSamples;
          filled = sum = 0;
          windows++;
          listener(this.probabilities.shift() ?? (level >= LOUD ? 1 : 0), windows * WINDOW_MS);
        }
      },
      close: () => {
        if (isOpen) this.openStreams--;
        isOpen = false;
      },
    };
  }

  override async close(): Promise<void> {}
}
