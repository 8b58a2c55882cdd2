import { z } from 'zod';

/** Half a second of audio at 24 kHz is more than the service ever sends at once. */
const MAX_AUDIO_CHARACTERS = 65_536;

const metadata = z.object({
  encoding: z.string(),
  samplerate: z.number().int(),
  channels: z.number().int(),
});

const audio = z.object({
  data: z.base64().max(MAX_AUDIO_CHARACTERS),
  silent: z.boolean().optional(),
});

const dtmf = z.object({ data: z.string() });

/** What the service sends on a media stream. */
export type AcsMessage =
  | { readonly kind: 'metadata'; readonly encoding: string; readonly sampleRate: number; readonly channels: number }
  | { readonly kind: 'audio'; readonly pcm: Int16Array }
  | { readonly kind: 'dtmf'; readonly digit: string }
  | { readonly kind: 'unknown'; readonly name: string }
  /** What cannot be understood; says what is wrong, and repeats nothing of it. */
  | { readonly kind: 'unreadable'; readonly problem: string };

const keys: Readonly<Record<string, string>> = {
  zero: '0',
  one: '1',
  two: '2',
  three: '3',
  four: '4',
  five: '5',
  six: '6',
  seven: '7',
  eight: '8',
  nine: '9',
  asterisk: '*',
  star: '*',
  pound: '#',
  hash: '#',
};

/** Names are read in whatever case: the SDKs of different languages do not write them alike. */
export function parseAcsMessage(text: string): AcsMessage {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: 'unreadable', problem: 'not JSON' };
  }
  const fields = lowerCased(json);
  const name = fields?.['kind'];
  if (!fields || typeof name !== 'string') return { kind: 'unreadable', problem: 'no "kind"' };
  switch (name.toLowerCase()) {
    case 'audiometadata': {
      const parsed = metadata.safeParse(lowerCased(fields['audiometadata']));
      if (!parsed.success) return { kind: 'unreadable', problem: 'AudioMetadata' };
      const { encoding, samplerate, channels } = parsed.data;
      return { kind: 'metadata', encoding, sampleRate: samplerate, channels };
    }
    case 'audiodata': {
      const parsed = audio.safeParse(lowerCased(fields['audiodata']));
      const bytes = parsed.success ? Buffer.from(parsed.data.data, 'base64') : undefined;
      if (!bytes || bytes.length % 2 !== 0) return { kind: 'unreadable', problem: 'AudioData' };
      // Also when it is marked as silent: time goes on.
      return { kind: 'audio', pcm: samplesOf(bytes) };
    }
    case 'dtmfdata': {
      const parsed = dtmf.safeParse(lowerCased(fields['dtmfdata']));
      const digit = parsed.success ? (keys[parsed.data.data.toLowerCase()] ?? parsed.data.data.toUpperCase()) : '';
      if (!/^[0-9*#A-D]$/.test(digit)) return { kind: 'unreadable', problem: 'DtmfData' };
      return { kind: 'dtmf', digit };
    }
    default:
      return { kind: 'unknown', name };
  }
}

function lowerCased(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), inner]));
}

function samplesOf(bytes: Buffer): Int16Array {
  if (bytes.byteOffset % 2 === 0) return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const copy = new Uint8Array(bytes);
  return new Int16Array(copy.buffer);
}

const AFTER_AUDIO = '"},"stopAudio":null}';
const BEFORE_AUDIO = '{"kind":"AudioData","audioData":{"data":"';

/** Characters of a message with audio, besides the audio. */
export const AUDIO_MESSAGE_OVERHEAD = BEFORE_AUDIO.length + AFTER_AUDIO.length;
/** Tells the service to drop what it has not played. */
export const STOP_AUDIO = '{"kind":"StopAudio","audioData":null,"stopAudio":{}}';

export function audioMessage(pcm: Int16Array): string {
  const bytes = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  return BEFORE_AUDIO + bytes.toString('base64') + AFTER_AUDIO;
}
