import { setTimeout as delay } from 'node:timers/promises';
import { stt, tts, VAD, type VADEvent, VADEventType, VADStream, type LanguageCode } from '@livekit/agents';
import { AudioFrame } from '@livekit/rtc-node';
import { tone } from '../../load/mulaw.ts';

/** How long it must be loud before speech has begun, and quiet before it has ended. The same for all rows. */
const WINDOW_MS = 40;
const LOUD_LEVEL = 500;

/** Loud for 40 ms: speech; quiet for 40 ms: no speech. */
class EnergyDetector {
  speaking = false;
  loudMs = 0;
  quietMs = 0;

  /** What changed with this frame. */
  push(frame: AudioFrame): 'started' | 'ended' | null {
    const ms = (frame.samplesPerChannel / frame.sampleRate) * 1000;
    if (isLoud(frame.data)) {
      this.loudMs += ms;
      this.quietMs = 0;
      if (this.speaking || this.loudMs < WINDOW_MS) return null;
      this.speaking = true;
      return 'started';
    }
    this.quietMs += ms;
    if (!this.speaking) this.loudMs = 0;
    if (!this.speaking || this.quietMs < WINDOW_MS) return null;
    this.speaking = false;
    this.loudMs = 0;
    return 'ended';
  }
}

function isLoud(pcm: Int16Array): boolean {
  let sum = 0;
  for (let i = 0; i < pcm.length; i++) sum += Math.abs(pcm[i]!);
  return sum > LOUD_LEVEL * pcm.length;
}

/** One call's detector. It is also what tells the recogniser that an utterance is over: nothing listens twice. */
export class EnergyVad extends VAD {
  label = 'bench.energy-vad';
  private readonly endListeners = new Set<() => void>();

  constructor() {
    super({ updateInterval: 20 });
  }

  stream(): VADStream {
    return new EnergyVadStream(this);
  }

  /** Called as soon as 40 ms of silence have ended an utterance. Returns how to stop listening. */
  onSpeechEnded(listener: () => void): () => void {
    this.endListeners.add(listener);
    return () => void this.endListeners.delete(listener);
  }

  speechEnded(): void {
    for (const listener of this.endListeners) listener();
  }
}

class EnergyVadStream extends VADStream {
  private readonly energyVad: EnergyVad;

  constructor(vad: EnergyVad) {
    super(vad);
    this.energyVad = vad;
    void this.judge();
  }

  private async judge(): Promise<void> {
    const energy = new EnergyDetector();
    let samples = 0;
    for (;;) {
      const { done, value: frame } = await this.inputReader.read();
      if (done) return;
      if (typeof frame === 'symbol') continue;
      samples += frame.samplesPerChannel;
      const change = energy.push(frame);
      const event = (type: VADEventType): VADEvent => ({
        type,
        samplesIndex: samples,
        timestamp: Date.now(),
        speechDuration: energy.loudMs,
        silenceDuration: energy.quietMs,
        frames: [frame],
        probability: energy.quietMs === 0 ? 1 : 0,
        inferenceDuration: 0,
        speaking: energy.speaking,
        rawAccumulatedSilence: energy.quietMs,
        rawAccumulatedSpeech: energy.quietMs === 0 ? energy.loudMs : 0,
      });
      // The start goes before the frame's own judgement, so that the framework may interrupt on this very frame.
      if (change === 'started') this.sendVADEvent(event(VADEventType.START_OF_SPEECH));
      this.sendVADEvent(event(VADEventType.INFERENCE_DONE));
      if (change !== 'ended') continue;
      this.sendVADEvent(event(VADEventType.END_OF_SPEECH));
      this.energyVad.speechEnded();
    }
  }
}

/**
 * Hears the same sentence in every utterance, and says so the moment the detector has heard its end. It does nothing with
 * the audio it gets, as the recogniser of the Parley row.
 */
export class EnergyStt extends stt.STT {
  label = 'bench.energy-stt';
  readonly vad: EnergyVad;
  private readonly sampleRate: number;

  constructor(sampleRate: number, vad: EnergyVad) {
    super({ streaming: true, interimResults: false });
    this.sampleRate = sampleRate;
    this.vad = vad;
  }

  stream(): stt.SpeechStream {
    // The framework resamples what it gets to this rate.
    return new EnergySttStream(this, this.sampleRate);
  }

  protected _recognize(): Promise<stt.SpeechEvent> {
    throw new Error('this recogniser only streams');
  }
}

class EnergySttStream extends stt.SpeechStream {
  label = 'bench.energy-stt';
  private readonly vad: EnergyVad;

  constructor(recogniser: EnergyStt, sampleRate: number) {
    super(recogniser, sampleRate);
    this.vad = recogniser.vad;
  }

  protected async run(): Promise<void> {
    const stopListening = this.vad.onSpeechEnded(() => this.tellFinal());
    try {
      for (let { done } = await this.input.next(); !done;) ({ done } = await this.input.next());
    } finally {
      stopListening();
    }
  }

  private tellFinal(): void {
    this.queue.put({
      type: stt.SpeechEventType.FINAL_TRANSCRIPT,
      alternatives: [
        { language: 'en' as LanguageCode, text: 'What is my balance?', startTime: 0, endTime: 0, confidence: 1 },
      ],
    });
  }
}

const CHUNK_MS = 100;
/** So far ahead of what is heard is the audio, as that of the Parley row's voice. */
const AHEAD_MS = 500;

/** Speaks text as a tone, each word equally long, as fast as it plays and half a second ahead; in frames of 100 ms. */
export class ToneTts extends tts.TTS {
  label = 'bench.tone-tts';
  readonly chunk: Int16Array;
  readonly msPerWord: number;

  constructor(sampleRate: number, msPerWord: number) {
    super(sampleRate, 1, { streaming: true });
    this.msPerWord = msPerWord;
    this.chunk = chunkOf(sampleRate);
  }

  synthesize(): tts.ChunkedStream {
    throw new Error('this voice only streams');
  }

  stream(): tts.SynthesizeStream {
    return new ToneStream(this);
  }
}

/** By sample rate: made once for all calls, as the Parley row's voice keeps its tones. */
const chunks = new Map<number, Int16Array>();

function chunkOf(sampleRate: number): Int16Array {
  let chunk = chunks.get(sampleRate);
  if (!chunk) chunks.set(sampleRate, (chunk = tone(440, CHUNK_MS, sampleRate)));
  return chunk;
}

class ToneStream extends tts.SynthesizeStream {
  label = 'bench.tone-tts';
  private readonly voice: ToneTts;
  private startedAt = 0;
  private sentMs = 0;

  constructor(voice: ToneTts) {
    super(voice);
    this.voice = voice;
  }

  protected async run(): Promise<void> {
    const { chunk, sampleRate, msPerWord } = this.voice;
    let ms = 0;
    for await (const text of this.input) {
      if (typeof text === 'symbol') continue;
      this.markStarted();
      this.startedAt ||= performance.now();
      ms += text.split(/\s+/).filter((word) => word !== '').length * msPerWord;
      for (; ms >= CHUNK_MS; ms -= CHUNK_MS) if (!(await this.speak(chunk))) return;
    }
    const rest = chunk.subarray(0, Math.round((ms * sampleRate) / 1000));
    if (await this.speak(rest, true)) this.queue.put(tts.SynthesizeStream.END_OF_STREAM);
  }

  /** When it is due. False: nobody wants to hear it any more. */
  private async speak(pcm: Int16Array, final = false): Promise<boolean> {
    const dueInMs = this.startedAt + this.sentMs - AHEAD_MS - performance.now();
    // An abort ends the wait, and is seen below.
    if (dueInMs > 0) await delay(dueInMs, undefined, { signal: this.abortSignal }).catch(() => undefined);
    if (this.abortSignal.aborted) return false;
    const frame = new AudioFrame(pcm, this.voice.sampleRate, 1, pcm.length);
    this.queue.put({ requestId: 'bench', segmentId: 'bench', frame, final });
    this.sentMs += CHUNK_MS;
    return true;
  }
}
