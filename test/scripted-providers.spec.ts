import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeMuLaw } from '../src/audio/g711.js';
import { nothingHeld, TestCaller, TestServer } from './support/test-server.js';

const bench = {
  STT_SERVICE_MODELS: 'scripted',
  TTS_SERVICE_MODELS: 'scripted',
  LLM_MODELS: 'scripted',
  VAD: 'energy',
  VAD_START_MS: '40',
  ENDPOINT_SILENCE_MS: '40',
  BARGE_IN_MS: '40',
  MAX_CONNECTIONS: '400',
  GREETING: 'off',
};
const tone = encodeMuLaw(
  Int16Array.from({ length: 160 }, (_, i) => Math.round(12_000 * Math.sin((2 * Math.PI * 300 * i) / 8000))),
);
const silence = encodeMuLaw(new Int16Array(160));

describe.each(['8000', '16000', '24000'])('a call with scripted providers at %s Hz', (rate) => {
  let server: TestServer;
  beforeAll(async () => (server = await TestServer.start({ ...bench, SCRIPTED_SAMPLE_RATE: rate })));
  afterAll(() => server.stop());

  it('is understood, answered with the scripted words, and interrupted', async () => {
    const caller = await TestCaller.dial(server, '?encoding=mulaw&sample_rate=8000');
    await caller.next('session_started');
    const say = (frame: Buffer, frames: number): void => {
      for (let i = 0; i < frames; i++) caller.socket.send(frame);
    };
    say(tone, 20);
    say(silence, 10);
    expect(await caller.next('transcription_finished')).toMatchObject({ text: 'What is my balance?', rejected: false });
    const said = await caller.next('text_stream_stop');
    expect(said.text.split(' ')).toHaveLength(27);
    await caller.next('audio_stream_start');
    say(tone, 10);
    expect(await caller.next('audio_clear')).toMatchObject({ generation_id: 'gen_1' });
    say(silence, 10);
    expect(await caller.next('generation_complete')).toMatchObject({ outcome: 'interrupted' });
    expect(await caller.next('generation_started', 0, ({ generation_id }) => generation_id !== 'gen_1')).toMatchObject({
      generation_id: 'gen_2',
    });
    caller.socket.close();
    expect(await server.quiet()).toEqual(nothingHeld);
  });
});
