import { StreamingData, createOutboundAudioData } from '@azure/communication-call-automation';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AUDIO_MESSAGE_OVERHEAD, STOP_AUDIO, audioMessage, parseAcsMessage } from './acs-messages.js';

const samples = fc.array(fc.integer({ min: -32768, max: 32767 }), { minLength: 1, maxLength: 480 });

function base64(values: readonly number[]): string {
  return Buffer.from(Int16Array.from(values).buffer).toString('base64');
}

describe('messages of a media stream', () => {
  it('are read as the SDK reads them, in whatever case', () => {
    fc.assert(
      fc.property(samples, fc.boolean(), fc.constant('AudioData'), (values, silent, kind) => {
        const data = base64(values);
        const text = JSON.stringify({
          kind,
          audioData: { timestamp: '2026-11-20T10:00:00Z', participantRawID: '4:+1', data, silent },
        });
        const theirs = StreamingData.parse(text) as { data: string };
        const ours = parseAcsMessage(text);
        expect(ours).toEqual({ kind: 'audio', pcm: Int16Array.from(values) });
        expect(theirs.data).toBe(data);
        const shouted = JSON.stringify({ Kind: 'AUDIODATA', AudioData: { Data: data, Silent: silent } });
        expect(parseAcsMessage(shouted)).toEqual(ours);
      }),
    );
  });

  it('say how the audio is, and which key was pressed', () => {
    const metadata = { subscriptionId: 's', encoding: 'PCM', sampleRate: 24_000, channels: 1, length: 960 };
    expect(parseAcsMessage(JSON.stringify({ kind: 'AudioMetadata', audioMetadata: metadata }))).toEqual({
      kind: 'metadata',
      encoding: 'PCM',
      sampleRate: 24_000,
      channels: 1,
    });
    const keyOf = (data: string) => parseAcsMessage(JSON.stringify({ kind: 'DtmfData', dtmfData: { data } }));
    for (const [data, digit] of [
      ['5', '5'],
      ['#', '#'],
      ['pound', '#'],
      ['Asterisk', '*'],
      ['nine', '9'],
      ['a', 'A'],
    ] as const)
      expect(keyOf(data)).toEqual({ kind: 'dtmf', digit });
    expect(keyOf('15')).toEqual({ kind: 'unreadable', problem: 'DtmfData' });
    expect(parseAcsMessage('{"kind":"TranscriptionData"}')).toEqual({ kind: 'unknown', name: 'TranscriptionData' });
  });

  it.each([
    '',
    'null',
    '[]',
    '{"kind":5}',
    '{"kind":"AudioData"}',
    '{"kind":"AudioData","audioData":{"data":"AAAA"}}',
    '{"kind":"AudioData","audioData":{"data":"not base 64!"}}',
    '{"kind":"AudioMetadata","audioMetadata":{"sampleRate":"fast"}}',
    `{"kind":"AudioData","audioData":{"data":"${'A'.repeat(70_000)}"}}`,
  ])('are unreadable when they are like %.60s', (text) => {
    expect(parseAcsMessage(text)).toMatchObject({ kind: 'unreadable' });
  });

  it('never throw, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(['metadata', 'audio', 'dtmf', 'unknown', 'unreadable']).toContain(parseAcsMessage(text).kind);
      }),
      { numRuns: 2000 },
    );
  });

  it('are written with the fields that the SDK writes', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const written = audioMessage(Int16Array.from(values));
        const { audioData } = JSON.parse(written) as { audioData: { data: string } };
        const theirs = JSON.parse(createOutboundAudioData(base64(values))) as { audioData: { data: string } };
        expect(audioData.data).toBe(theirs.audioData.data);
        expect(written.length).toBe(AUDIO_MESSAGE_OVERHEAD + audioData.data.length);
      }),
    );
    expect(JSON.parse(STOP_AUDIO)).toEqual({ kind: 'StopAudio', audioData: null, stopAudio: {} });
  });
});
