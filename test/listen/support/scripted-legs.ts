import type { AudioSource } from '../../../src/audio/source-queues.js';
import { ParleyError } from '../../../src/kernel/errors.js';
import {
  type Leg,
  type LegListener,
  type LegSegment,
  type LegStats,
  type LegTranscriber,
  LegTranscribers,
} from '../../../src/speech/gate/leg-transcriber.js';

/** Legs that understand what they are told to, whatever the audio. */
export class ScriptedLegs extends LegTranscribers {
  readonly opened: ScriptedLeg[] = [];
  /** How opening one fails next. */
  readonly failures: ParleyError[] = [];
  /** Whether those who finish never have. */
  hangs = false;

  override open(leg: Leg, listener: LegListener): Promise<LegTranscriber> {
    const failure = this.failures.shift();
    if (failure) return Promise.reject(failure);
    const scripted = new ScriptedLeg(this, leg, listener);
    this.opened.push(scripted);
    return Promise.resolve(scripted);
  }

  /** The newest of this source. */
  of(source: AudioSource): ScriptedLeg {
    const found = this.opened.findLast(({ leg }) => leg.source === source);
    if (!found) throw new Error(`Nobody listens to ${source}`);
    return found;
  }
}

export class ScriptedLeg implements LegTranscriber {
  readonly written: { readonly atMs: number; readonly pcm: Int16Array }[] = [];
  /** Understood only when it is over. */
  lastWords: Partial<LegSegment>[] = [];
  isClosed = false;
  readonly stats = {} as LegStats;

  constructor(
    private readonly legs: ScriptedLegs,
    readonly leg: Leg,
    readonly listener: LegListener,
  ) {}

  /** Something has been understood. */
  says(text: string, startMs: number, more: Partial<LegSegment> = {}): void {
    const rest = { endMs: startMs + 1000, confidence: 1, provider: 'scripted', epoch: 1, ...more };
    this.listener.onSegment({ text, startMs, ...rest });
  }

  write(pcm: Int16Array, atMs: number): void {
    this.written.push({ pcm: pcm.slice(), atMs });
  }

  finish(): Promise<void> {
    if (this.legs.hangs) return new Promise(() => undefined);
    for (const { text = '', startMs = 0, ...more } of this.lastWords) this.says(text, startMs, more);
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
  }

  /** Samples that are not zero. */
  get loudSamples(): number {
    return this.written.reduce((sum, { pcm }) => sum + pcm.filter((sample) => sample !== 0).length, 0);
  }
}

export const noRecogniser = (): ParleyError => new ParleyError('at_capacity', 'All recognisers are in use', true);
