import { ManualClock } from '../../../kernel/clock.js';
import type { ParleyError } from '../../../kernel/errors.js';
import { AudioQueues } from '../../../state/overload/audio-queues.js';
import { speechOf } from '../../testing/failover-bench.js';
import { ScriptedTtsDriver } from '../../testing/scripted-tts.js';
import type { SpeechService } from '../../speech.service.js';
import type { SpeechHints } from '../../stt-stream.js';
import { GatedLeg, type GatedLegParts } from '../gated-leg.js';
import type { LegListener, LegSegment } from '../leg-transcriber.js';
import { MarkedSttDriver, MarkedVad, marked, type MarkedVadOptions } from './marked-audio.js';

const hints: SpeechHints = { id: 'leg', language: 'en-US', phrases: [], slots: {}, answers: [] };

export interface LegBenchOptions {
  readonly gate: Partial<GatedLegParts['gate']>;
  readonly vad: Partial<Omit<MarkedVadOptions, 'clock'>>;
  readonly sampleRate: number;
  /** Made with the bench's clock; one if left out. */
  readonly recognisers: (clock: ManualClock) => MarkedSttDriver[];
  readonly env: NodeJS.ProcessEnv;
  readonly refusesVad: boolean;
}

/** A leg with a recogniser and a detector that know the truth, and everything it tells. */
export class LegBench implements LegListener {
  readonly segments: LegSegment[] = [];
  readonly partials: [string, number][] = [];
  readonly speech: [boolean, number][] = [];
  readonly gaps: [number, number, string][] = [];
  readonly problems: ParleyError[] = [];
  readonly incidents: string[] = [];
  recovered = 0;
  leg!: GatedLeg;

  private constructor(
    readonly clock: ManualClock,
    readonly stt: readonly MarkedSttDriver[],
    readonly vad: MarkedVad,
    readonly queues: AudioQueues,
    readonly service: SpeechService,
    readonly sampleRate: number,
  ) {}

  static async open(options: Partial<LegBenchOptions> = {}): Promise<LegBench> {
    const { sampleRate = 8000, gate, env } = options;
    const clock = new ManualClock();
    const stt = options.recognisers?.(clock) ?? [new MarkedSttDriver(clock)];
    const vad = new MarkedVad({ speaks: () => false, windowMs: 20, delayMs: 0, ...options.vad, clock });
    vad.refuses = options.refusesVad ?? false;
    const service = await speechOf(clock, stt, [new ScriptedTtsDriver(clock)], env);
    const bench = new LegBench(clock, stt, vad, new AudioQueues(clock), service, sampleRate);
    const ears = await service.leaseEars('call', new AbortController().signal, hints.language);
    await ears.stt.prepare(hints);
    const queues = bench.queues.open({ use: 'transcription', sources: ['mic', 'system'], sampleRate });
    bench.leg = new GatedLeg({
      leg: { sessionId: 'call', hints, source: 'system', queues, sampleRate },
      listener: bench,
      ears,
      detector: vad,
      gate: { mode: 'active', threshold: 0.65, preRollMs: 300, hangoverMs: 4000, finalizeMs: 500, ...gate },
      clock,
      onIncident: (message) => bench.incidents.push(message),
    });
    return bench;
  }

  /** The first recogniser. */
  get recogniser(): MarkedSttDriver {
    return this.stt[0]!;
  }

  /** Everything from one millisecond to another, as it comes: in chunks, and in real time. */
  async hear(fromMs: number, toMs: number, chunkMs = 20): Promise<void> {
    for (let at = fromMs; at < toMs; at += chunkMs) {
      this.write(at, Math.min(at + chunkMs, toMs));
      await this.clock.advance(Math.min(chunkMs, toMs - at));
    }
  }

  write(fromMs: number, toMs: number): void {
    this.leg.write(marked(fromMs, toMs, this.sampleRate), fromMs);
  }

  /** Ends it, and everything around it. */
  async end(): Promise<void> {
    const finished = this.leg.finish(60_000);
    await this.clock.advance(60_000);
    await finished;
    await this.close();
  }

  async close(): Promise<void> {
    this.leg.close();
    await this.service.stop();
  }

  /** Texts of all segments in the order of their time. */
  get words(): { text: string; startMs: number; endMs: number }[] {
    return this.segments.toSorted((a, b) => a.startMs - b.startMs).flatMap(({ words }) => words ?? []);
  }

  onSegment(segment: LegSegment): void {
    this.segments.push(segment);
  }

  onPartial(text: string, startMs: number): void {
    this.partials.push([text, startMs]);
  }

  onSpeech(speaking: boolean, atMs: number): void {
    this.speech.push([speaking, atMs]);
  }

  onGap(fromMs: number, toMs: number, reason: string): void {
    this.gaps.push([fromMs, toMs, reason]);
  }

  onProblem(error: ParleyError): void {
    this.problems.push(error);
  }

  onRecovered(): void {
    this.recovered++;
  }
}
