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

export class EnergyVad extends VAD {
  label = 'bench.energy-vad';

  constructor() {
    super({ updateInterval: 20 });
  }

  stream(): VADStream {
    return new EnergyVadStream(this);
  }
}

class EnergyVadStream extends VADStream {
  constructor(vad: VAD) {
    super(vad);
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
      if (change === 'ended') this.sendVADEvent(event(VADEventType.END_OF_SPEECH));
    }
  }
}

/** Hears the same sentence in every utterance, and says so the moment 40 ms of silence have been heard. */
export class EnergyStt extends stt.STT {
  label = 'bench.energy-stt';
  private readonly sampleRate: number;

  constructor(sampleRate: number) {
    super({ streaming: true, interimResults: false });
    this.sampleRate = sampleRate;
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

  protected async run(): Promise<void> {
    const energy = new EnergyDetector();
    for await (const frame of this.input) {
      if (typeof frame === 'symbol' || energy.push(frame) !== 'ended') continue;
      this.queue.put({
        type: stt.SpeechEventType.FINAL_TRANSCRIPT,
        alternatives: [
          { language: 'en' as LanguageCode, text: 'What is my balance?', startTime: 0, endTime: 0, confidence: 1 },
        ],
      });
    }
  }
}

const CHUNK_MS = 100;

/** Speaks text as a tone, each word equally long, as fast as it is asked to; in frames of 100 ms as their plugins do. */
export class ToneTts extends tts.TTS {
  label = 'bench.tone-tts';
  readonly chunk: Int16Array;
  readonly msPerWord: number;

  constructor(sampleRate: number, msPerWord: number) {
    super(sampleRate, 1, { streaming: true });
    this.msPerWord = msPerWord;
    this.chunk = tone(440, CHUNK_MS, sampleRate);
  }

  synthesize(): tts.ChunkedStream {
    throw new Error('this voice only streams');
  }

  stream(): tts.SynthesizeStream {
    return new ToneStream(this);
  }
}

class ToneStream extends tts.SynthesizeStream {
  label = 'bench.tone-tts';
  private readonly voice: ToneTts;

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
      ms += text.split(/\s+/).filter((word) => word !== '').length * msPerWord;
      for (; ms >= CHUNK_MS; ms -= CHUNK_MS) this.put(new AudioFrame(chunk, sampleRate, 1, chunk.length));
    }
    const rest = chunk.subarray(0, Math.round((ms * sampleRate) / 1000));
    this.put(new AudioFrame(rest, sampleRate, 1, rest.length), true);
    this.queue.put(tts.SynthesizeStream.END_OF_STREAM);
  }

  private put(frame: AudioFrame, final = false): void {
    this.queue.put({ requestId: 'bench', segmentId: 'bench', frame, final });
  }
}
