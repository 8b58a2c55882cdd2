import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { rmsDbfs } from '../../src/audio/level.js';
import { readWav } from '../../src/audio/wav.js';
import { loadConfig } from '../../src/config/load.js';
import { SpeechConfig } from '../../src/config/speech.config.js';
import { VadGateConfig } from '../../src/config/vad-gate.config.js';
import { VoiceConfig } from '../../src/config/voice.config.js';
import { ManualClock, SystemClock } from '../../src/kernel/clock.js';
import { AudioQueues } from '../../src/state/overload/audio-queues.js';
import { EmbeddedSttDriver } from '../../src/speech/drivers/embedded/stt/embedded-stt.driver.js';
import { SileroVad } from '../../src/speech/drivers/silero/silero-vad.js';
import { GatedLegTranscribers } from '../../src/speech/gate/gated-leg-transcribers.js';
import type { LegSegment } from '../../src/speech/gate/leg-transcriber.js';
import { SttDrivers, TtsDrivers } from '../../src/speech/speech-drivers.js';
import { SpeechService } from '../../src/speech/speech.service.js';
import { ScriptedTtsDriver } from '../../src/speech/testing/scripted-tts.js';
import type { SpeechHints } from '../../src/speech/stt-stream.js';

const hints: SpeechHints = {
  id: 'leg',
  language: 'en-US',
  phrases: ['what is my balance', 'my card was stolen', '[please] block my card', 'goodbye'],
  slots: {},
  answers: [],
};
const WITHIN_MS = 200;

describe('a leg of recorded callers, with the recogniser and the detector that come with the server', () => {
  const clock = new SystemClock();
  const never = new AbortController().signal;
  let speech: SpeechService;
  let legs: GatedLegTranscribers;

  beforeAll(async () => {
    const { values } = loadConfig({ STT_POOL_WARM: '1', MAX_CONNECTIONS: '4' });
    const detector = new SileroVad();
    speech = new SpeechService(
      new SttDrivers(new EmbeddedSttDriver(clock, { workers: 1 })),
      new TtsDrivers(new ScriptedTtsDriver(clock)),
      detector,
      values.get(SpeechConfig) as SpeechConfig,
      values.get(VoiceConfig) as VoiceConfig,
      clock,
    );
    await speech.start(AbortSignal.timeout(30_000));
    // All is written at once: on a busy machine the detector needs longer than it may have while a caller speaks.
    legs = new GatedLegTranscribers(speech, detector, values.get(VadGateConfig) as VadGateConfig, new ManualClock());
  });

  afterAll(() => speech.stop());

  it.each([
    { sampleRate: 8000, files: ['alan-01-balance.wav', 'alan-06-stolen.wav'] },
    { sampleRate: 16_000, files: ['kay-01-stolen.wav', 'kay-06-goodbye.wav'] },
  ])('at $sampleRate Hz: two utterances, where they were said', async ({ sampleRate, files }) => {
    const { pcm, truth } = leg(sampleRate, files);
    const queues = new AudioQueues(clock).open({ use: 'transcription', sources: ['mic'], sampleRate });
    const segments: LegSegment[] = [];
    const gaps: unknown[] = [];
    const transcriber = await legs.open(
      { sessionId: 'call', hints, source: 'mic', queues, sampleRate },
      {
        onSegment: (segment) => segments.push(segment),
        onGap: (...gap) => gaps.push(gap),
        onProblem: (error) => gaps.push(error),
      },
      never,
    );
    const frame = sampleRate / 50;
    // Behind a gap of the line of three seconds.
    for (let at = 0; at < pcm.length; at += frame) {
      const atMs = (at * 1000) / sampleRate;
      // As in a call: what was said is understood before somebody speaks again, and the recogniser has got used to the line.
      const before = truth.filter(({ endMs }) => endMs + 1900 < atMs).length;
      do await new Promise((resolve) => setImmediate(resolve));
      while (segments.length < before);
      transcriber.write(pcm.subarray(at, at + frame), 3000 + atMs);
    }
    await transcriber.finish(20_000);
    segments.sort((a, b) => a.startMs - b.startMs);
    expect(segments.map(({ text }) => text)).toEqual(truth.map(({ text }) => text));
    segments.forEach((segment, index) => {
      expect(Math.abs(segment.startMs - 3000 - truth[index]!.startMs)).toBeLessThan(WITHIN_MS);
      expect(Math.abs(segment.endMs - 3000 - truth[index]!.endMs)).toBeLessThan(WITHIN_MS);
      expect(segment).toMatchObject({ provider: 'embedded' });
    });
    expect(gaps).toEqual([]);
    expect(transcriber.stats).toMatchObject({ mode: 'active', utterances: 2, understood: 2 });
    transcriber.close();
    queues.close();
    expect(speech.pools()[0]).toMatchObject({ in_use: 0 });
  });
});

interface Said {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** The recordings one after the other with two seconds of silence around each, and where in it something is heard. */
function leg(sampleRate: number, files: readonly string[]): { pcm: Int16Array; truth: Said[] } {
  const folder = new URL('../fixtures/callers/', import.meta.url);
  const texts = JSON.parse(readFileSync(new URL('callers.json', folder), 'utf8')) as { file: string; text: string }[];
  const silence = new Int16Array(sampleRate * 2);
  const parts: Int16Array[] = [silence];
  const truth: Said[] = [];
  for (const file of files) {
    const { channels, sampleRate: rate } = readWav(readFileSync(new URL(file, folder)));
    expect(rate).toBe(sampleRate);
    const pcm = channels[0]!;
    const beginsMs = parts.reduce((sum, part) => sum + (part.length * 1000) / sampleRate, 0);
    const [from, to] = audible(pcm, sampleRate);
    truth.push({
      text: texts.find((known) => known.file === file)!.text,
      startMs: beginsMs + from,
      endMs: beginsMs + to,
    });
    parts.push(pcm, silence);
  }
  return { pcm: Int16Array.from(parts.flatMap((part) => [...part])), truth };
}

/** From the first to the last 10 ms that are louder than -45 dBFS. */
function audible(pcm: Int16Array, sampleRate: number): [number, number] {
  const length = sampleRate / 100;
  const loud: number[] = [];
  for (let at = 0; at < pcm.length; at += length) if (rmsDbfs(pcm.subarray(at, at + length)) > -45) loud.push(at);
  return [(loud[0]! * 1000) / sampleRate, (loud.at(-1)! * 1000) / sampleRate + 10];
}
