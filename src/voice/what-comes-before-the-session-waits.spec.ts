import { describe, expect, it } from '@jest/globals';
import type { VoicePipeline } from '../conversation/voice-pipeline.js';
import { ManualClock } from '../kernel/clock.js';
import { NativeSession } from './native-session.js';
import { NativeTransport } from './native-transport.js';
import { SocketDouble } from './testing/socket-double.js';
import type { VoiceParameters } from './voice-parameters.js';

const parameters: VoiceParameters = {
  encoding: 'mulaw',
  sampleRate: 8000,
  outSampleRate: 8000,
  agent: undefined,
  scenario: undefined,
  language: undefined,
  resume: undefined,
};

describe('what a client sends before its session is built', () => {
  it('waits for it: the newest audio, and every message', () => {
    const socket = new SocketDouble();
    const session = new NativeSession(
      socket.socket,
      new NativeTransport(socket.socket, parameters, new ManualClock()),
      parameters,
    );
    const say = (text: string): boolean =>
      socket.emit('message', Buffer.from(JSON.stringify({ type: 'user_message', text })), false);
    say('first');
    for (let frame = 1; frame <= 150; frame++) socket.emit('message', Buffer.alloc(frame), true);
    say('last');
    const got: (string | number)[] = [];
    const pipeline = {
      pushAudio: (pcm: Int16Array) => got.push(pcm.length),
      pushText: (text: string) => got.push(text),
    };
    session.bind(pipeline as unknown as VoicePipeline);
    say('now');
    expect(got).toHaveLength(101);
    expect(got.slice(0, 2)).toEqual(['first', 53]);
    expect(got.slice(-3)).toEqual([150, 'last', 'now']);
  });
});
