import { describe, expect, it } from '@jest/globals';
import { encodeMuLaw } from '../../audio/g711.js';
import type { VoicePipeline } from '../../conversation/voice-pipeline.js';
import { TwilioHarness, startMessage } from './testing/twilio-harness.js';

const media = (pcm: Int16Array, fields: Record<string, unknown> = {}): unknown => ({
  event: 'media',
  sequenceNumber: '2',
  media: { track: 'inbound', chunk: '1', timestamp: '20', payload: encodeMuLaw(pcm).toString('base64'), ...fields },
  streamSid: 'MZ1',
});
const frame = (length = 160): Int16Array => new Int16Array(length).fill(8031);

/** A stream whose session only remembers what it was given. */
async function recording(): Promise<{ twilio: TwilioHarness; got: (string | number)[]; bind: () => void }> {
  const twilio = TwilioHarness.opened();
  const got: (string | number)[] = [];
  const pipeline = {
    id: 'session',
    pushAudio: (pcm: Int16Array) => got.push(pcm[0] === 0 ? -pcm.length : pcm.length),
    pushDtmf: (digit: string) => got.push(digit),
    reportPlayback: (generation: string, playedMs: number) => got.push(`${generation} ${playedMs}`),
    close: (kind: string) => {
      got.push(`close ${kind}`);
      return Promise.resolve();
    },
  } as unknown as VoicePipeline;
  twilio.player.says(startMessage);
  const opened = (await twilio.stream.opening)!;
  return { twilio, got, bind: () => opened.bind(pipeline) };
}

describe('what comes before the session is built', () => {
  it('waits for it: the newest two seconds of audio, and every key', async () => {
    const { twilio, got, bind } = await recording();
    for (let count = 1; count <= 150; count++) twilio.player.says(media(frame(count), { timestamp: undefined }));
    twilio.player.says({ event: 'dtmf', dtmf: { digit: '7' } });
    bind();
    twilio.player.says(media(frame(7), { timestamp: undefined }));
    expect(got).toHaveLength(102);
    expect([got[0], ...got.slice(-3)]).toEqual([51, 150, '7', 7]);
  });
});

describe('audio that Twilio leaves out', () => {
  it('is replaced with silence, so that everything after it stays in its place', async () => {
    const { twilio, got, bind } = await recording();
    bind();
    for (const timestamp of ['100', '120', '240', '260']) twilio.player.says(media(frame(), { timestamp }));
    // By way of the parser too.
    twilio.player.says(media(frame(), { timestamp: 380 }));
    expect(got).toEqual([160, 160, -800, 160, 160, -800, 160]);
    twilio.player.end();
    expect(twilio.logged).toContain('Twilio left out 200 ms of audio');
  });
});

describe('a stream', () => {
  it.each([
    ['audio of the other side', media(frame(), { track: 'outbound' })],
    ['audio of a track that there is not', media(frame(), { track: 'upside' })],
    ['an event that is new', { event: 'applause', applause: { loudness: 11 } }],
    ['a mark of somebody else', { event: 'mark', mark: { name: 'hello' } }],
    ['a second connected', { event: 'connected', protocol: 'Call', version: '2.0.0' }],
  ])('ignores %s', async (_, message) => {
    const { twilio, got, bind } = await recording();
    bind();
    for (let count = 0; count < 200; count++) twilio.player.says(message);
    twilio.player.says(media(frame()));
    expect(got).toEqual([160]);
    expect(twilio.player.closes).toEqual([]);
  });

  it.each([
    ['numbers out of order', { sequenceNumber: '7', media: { chunk: '900', payload: 'gICA' } }],
    ['no numbers', { media: { payload: 'gICA' } }],
    ['numbers that are numbers', { sequenceNumber: 2, media: { chunk: 1, timestamp: 5, payload: 'gICA' } }],
    ['no track', { media: { payload: 'gICA' } }],
    ['a stream that it does not name', { streamSid: undefined, media: { payload: 'gICA' } }],
  ])('takes audio as it comes with %s', async (_, changes) => {
    const { twilio, got, bind } = await recording();
    bind();
    twilio.player.says({ event: 'media', streamSid: 'MZ1', ...changes });
    expect(got).toEqual([3]);
  });

  it.each([
    ['not JSON', '{"event":'],
    ['an array', '[]'],
    ['null', 'null'],
    ['no event', '{}'],
    ['an event that is no text', '{"event":7}'],
    ['a prototype', '{"__proto__":{"event":"stop"}}'],
    ['bad base64', media(frame(), { payload: 'AA-_' })],
    ['base64 that is cut off', media(frame(), { payload: 'AAA' })],
    ['no payload', media(frame(), { payload: undefined })],
    ['a time that is none', media(frame(), { timestamp: 'noon' })],
    ['media that is no object', { event: 'media', media: 'loud' }],
    ['a key that no telephone has', { event: 'dtmf', dtmf: { digit: '12' } }],
    ['a mark without a name', { event: 'mark' }],
  ])('ignores %s, and is closed with 1003 at fifty in a row', async (_, message) => {
    const { twilio, got, bind } = await recording();
    bind();
    for (let count = 0; count < 49; count++) twilio.player.says(message);
    twilio.player.says({ event: 'mark', mark: { name: 'x' } });
    for (let count = 0; count < 49; count++) twilio.player.says(message);
    expect([got, twilio.player.closes]).toEqual([[], []]);
    twilio.player.says(message);
    expect([got, twilio.player.closes]).toEqual([['close protocol'], [{ code: 1003, reason: 'protocol' }]]);
    twilio.player.says(media(frame()));
    expect(got).toHaveLength(1);
  });

  it('takes binary frames for nothing it knows', async () => {
    const { twilio, got, bind } = await recording();
    bind();
    for (let count = 0; count < 50; count++) twilio.player.emit('message', Buffer.alloc(160), true);
    expect(got).toEqual(['close protocol']);
    expect(twilio.player.closes).toEqual([{ code: 1003, reason: 'protocol' }]);
  });

  it('is closed with 1008 at a second start', async () => {
    const { twilio, got, bind } = await recording();
    bind();
    twilio.player.says(startMessage);
    expect(got).toEqual(['close protocol']);
    expect(twilio.player.closes).toEqual([{ code: 1008, reason: 'a second start' }]);
  });

  it('ends with stop', async () => {
    const { twilio, got, bind } = await recording();
    bind();
    twilio.player.says({ event: 'stop', stop: { callSid: 'CA1' } });
    twilio.player.says(media(frame()));
    expect(got).toEqual(['close hangup']);
    expect(twilio.player.closes).toEqual([{ code: 1000, reason: 'hangup' }]);
  });
});

describe('a stream that has not started', () => {
  it('is closed with 1008 when no start comes in time', async () => {
    const { call, player, stream } = TwilioHarness.opened();
    player.says({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    await call.clock.advance(4999);
    expect(player.closes).toEqual([]);
    await call.clock.advance(1);
    expect(player.closes).toEqual([{ code: 1008, reason: 'no start within 5000 ms' }]);
    player.says(startMessage);
    expect(await stream.opening).toBeUndefined();
    player.end();
    expect(call.clock.pending).toBe(0);
  });

  it('does not wait longer because of what else comes', async () => {
    const { call, player } = TwilioHarness.opened();
    for (let count = 0; count < 40; count++) {
      player.says(media(frame()));
      await call.clock.advance(125);
    }
    expect(player.closes).toEqual([{ code: 1008, reason: 'no start within 5000 ms' }]);
  });

  it('is closed with 1003 at fifty frames of audio, which belong to no call', () => {
    const { player } = TwilioHarness.opened();
    for (let count = 0; count < 50; count++) player.says(media(frame()));
    expect(player.closes).toEqual([{ code: 1003, reason: 'protocol' }]);
  });

  it.each([
    ['no streamSid', { streamSid: undefined }],
    ['a streamSid that could not be one', { streamSid: 'MZ"}' }],
    ['no mediaFormat', { mediaFormat: undefined }],
    ['tracks that are no list', { tracks: 'inbound' }],
  ])('is closed with 1008 at a start with %s', async (_, changes) => {
    const { call, player, stream } = TwilioHarness.opened();
    player.says({ ...startMessage, start: { ...startMessage.start, ...changes } });
    expect(player.closes).toMatchObject([{ code: 1008, reason: expect.stringMatching(/^start: start\./) }]);
    expect(await stream.opening).toBeUndefined();
    player.end();
    expect(call.clock.pending).toBe(0);
  });

  it.each(['hangs up', 'breaks off'])('is over when Twilio %s', async (how) => {
    const { call, player, stream } = TwilioHarness.opened();
    if (how === 'hangs up') player.says({ event: 'stop' });
    player.end();
    expect(await stream.opening).toBeUndefined();
    expect(call.clock.pending).toBe(0);
  });
});
