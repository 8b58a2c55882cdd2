import type { TtsRequest } from '../../tts-voice.js';

/** What the service reads; the text itself is never taken for markup. */
export function ssmlOf({ text, voice, rate, pitch, language }: TtsRequest): string {
  const locale = /^[a-z]{2,3}-[A-Za-z]{2,8}/.exec(voice)?.[0] ?? language ?? 'en-US';
  const prosody = [
    ...(rate === 1 ? [] : [`rate="${rate}"`]),
    ...(pitch === 0 ? [] : [`pitch="${pitch > 0 ? '+' : ''}${pitch}st"`]),
  ];
  const spoken = prosody.length === 0 ? escape(text) : `<prosody ${prosody.join(' ')}>${escape(text)}</prosody>`;
  return `<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="${escape(locale)}"><voice name="${escape(voice)}">${spoken}</voice></speak>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** XML has no way to write most control characters, nor half a surrogate pair. */
function escape(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\P{Cc}]|[\ufffe\uffff]/gu, ' ')
    .replace(/[&<>"']/g, (character) => entities[character]!);
}
