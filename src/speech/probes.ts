import { untilAborted } from '../kernel/abort.js';
import type { SttStream } from './stt-stream.js';
import type { TtsDriver, TtsVoice } from './tts-voice.js';

const SILENCE_MS = 300;

/** Has a recogniser listen to silence: whatever it makes of that, it has answered. */
export async function probeStt(stream: SttStream, sampleRate: number, signal: AbortSignal): Promise<void> {
  try {
    await untilAborted(
      new Promise<void>((resolve, reject) => {
        stream.reset();
        stream.start({ onPartial: () => undefined, onFinal: () => resolve(), onError: reject });
        stream.write(new Int16Array((sampleRate * SILENCE_MS) / 1000));
        stream.finish();
      }),
      signal,
    );
  } finally {
    stream.cancel();
  }
}

/** Has a synthesiser say a word: the first audio will do. */
export async function probeTts(voice: TtsVoice, driver: TtsDriver, signal: AbortSignal): Promise<void> {
  const request = {
    text: 'Hello.',
    voice: driver.defaultVoice ?? driver.voices?.[0] ?? 'default',
    rate: 1,
    pitch: 0,
    cacheable: false,
  };
  const enough = new AbortController();
  const audio = voice.synthesize(request, AbortSignal.any([signal, enough.signal]))[Symbol.asyncIterator]();
  try {
    await untilAborted(audio.next(), signal);
  } finally {
    enough.abort(new Error('that was enough'));
    audio.return?.(undefined).catch(() => undefined);
  }
}
