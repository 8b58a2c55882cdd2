import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type FrameFromPusher,
  type FrameToPusher,
  MalformedFrame,
  decodeFromPusher,
  decodeToPusher,
  encodeFromPusher,
  encodeToPusher,
} from './frames.js';

const id = fc.stringMatching(/^[\w.:@-]{1,128}$/);
const jobId = fc.stringMatching(/^[\w.-]{1,128}$/);
const timeMs = fc.double({ min: 0, max: 4e12, noNaN: true });
const seconds = fc.double({ min: 0, max: 1e6, noNaN: true });
const segment = fc.record({
  id: fc.string({ minLength: 1 }),
  text: fc.string({ unit: 'binary' }),
  speaker: fc.string(),
  speaker_id: fc.integer({ min: 0, max: 100 }),
  is_user: fc.boolean(),
  person_id: fc.option(fc.string()),
  start: seconds,
  end: seconds,
  stt_provider: fc.string(),
});

const toPusher: fc.Arbitrary<FrameToPusher> = fc.oneof(
  fc.constant({ type: 'heartbeat' as const }),
  fc.record({ type: fc.constant('segments' as const), conversationId: id, segments: fc.array(segment) }),
  fc.record({ type: fc.constant('conversation' as const), conversationId: fc.oneof(id, fc.constant('')) }),
  fc.record({
    type: fc.constant('process' as const),
    request: fc.record(
      {
        jobId,
        tenant: id,
        conversationId: id,
        generation: fc.integer({ min: 1 }),
        language: fc.string({ minLength: 1, maxLength: 35 }),
        traceparent: fc.stringMatching(/^00-[\da-f]{32}-[\da-f]{16}-0[01]$/),
      },
      { requiredKeys: ['jobId', 'tenant', 'conversationId', 'generation', 'language'] },
    ),
  }),
  fc.record({
    type: fc.constant('sample' as const),
    jobId,
    request: fc.record({
      tenant: id,
      conversationId: id,
      segmentIds: fc.array(fc.string({ minLength: 1, maxLength: 100 }), { minLength: 1, maxLength: 200 }),
      personId: fc.string({ minLength: 1, maxLength: 100 }),
      personName: fc.string({ maxLength: 200 }),
    }),
  }),
);

const fromPusher: fc.Arbitrary<FrameFromPusher> = fc.oneof(
  fc.constant({ type: 'heartbeat' as const }),
  fc.record({
    type: fc.constant('result' as const),
    result: fc.record(
      {
        jobId,
        conversationId: id,
        outcome: fc.constantFrom('processed' as const, 'discarded' as const, 'fenced' as const, 'failed' as const),
        title: fc.string(),
        overview: fc.string({ unit: 'binary' }),
        problem: fc.string(),
      },
      { requiredKeys: ['jobId', 'conversationId', 'outcome'] },
    ),
  }),
  fc.record({ type: fc.constant('accepted' as const), jobId }),
  fc.record({
    type: fc.constant('ready' as const),
    audio: fc.boolean(),
    audioWindowBytes: fc.integer({ min: 1 }),
    maxFrameBytes: fc.integer({ min: 1024 }),
  }),
);

/** -0 is 0 on the wire. */
const asWritten = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('frames', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(toPusher, (frame) => {
        expect(asWritten(decodeToPusher(encodeToPusher(frame), 1))).toEqual(asWritten(frame));
      }),
    );
    fc.assert(
      fc.property(fromPusher, (frame) => {
        expect(asWritten(decodeFromPusher(encodeFromPusher(frame)))).toEqual(asWritten(frame));
      }),
    );
  });

  it('keep audio to the bit, and its time to a thousandth of a millisecond', () => {
    fc.assert(
      fc.property(timeMs, fc.int16Array({ minLength: 2, maxLength: 400 }), (startMs, samples) => {
        const pcm = Buffer.from(samples.buffer, samples.byteOffset, samples.length * 2 - (samples.length % 2) * 2);
        const decoded = decodeToPusher(encodeToPusher({ type: 'audio', startMs, pcm }), 2);
        if (decoded.type !== 'audio') throw new Error(decoded.type);
        expect(decoded.pcm.equals(pcm)).toBe(true);
        expect(Math.abs(decoded.startMs - startMs)).toBeLessThan(0.001);
        const kept = decodeFromPusher(encodeFromPusher({ type: 'kept', conversationId: 'c', untilMs: startMs }));
        expect(Math.abs((kept as { untilMs: number }).untilMs - startMs)).toBeLessThan(0.001);
      }),
    );
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['half a type', Buffer.from([101, 0])],
    ['an unknown type', Buffer.from([7, 0, 0, 0])],
    ['a type of the other direction', encodeFromPusher({ type: 'accepted', jobId: 'a' })],
    ['a heartbeat with a payload', Buffer.from([100, 0, 0, 0, 1])],
    ['audio without a time', Buffer.from([101, 0, 0, 0, 0, 0, 0, 0])],
    ['audio without audio', encodeToPusher({ type: 'audio', startMs: 0, pcm: Buffer.alloc(0) })],
    ['audio of a leg and a half', encodeToPusher({ type: 'audio', startMs: 0, pcm: Buffer.alloc(6) })],
    ['audio before 1970', encodeToPusher({ type: 'audio', startMs: -1, pcm: Buffer.alloc(4) })],
    ['audio at no time', encodeToPusher({ type: 'audio', startMs: Number.NaN, pcm: Buffer.alloc(4) })],
    ['an id with a space', encodeToPusher({ type: 'conversation', conversationId: 'a b' })],
    ['an id that is not UTF-8', Buffer.from([103, 0, 0, 0, 0xff, 0xfe])],
    ['JSON that is none', Buffer.from([104, 0, 0, 0, 0x7b])],
    ['JSON of something else', Buffer.concat([Buffer.from([104, 0, 0, 0]), Buffer.from('{"job_id":7}')])],
  ])('of %s are refused', (_, data) => {
    expect(() => decodeToPusher(data, 2)).toThrow(MalformedFrame);
  });

  it('of any bytes are understood or refused, and nothing else', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(
          fc.integer({ min: 99, max: 106 }),
          fc.oneof(
            fc.uint8Array({ maxLength: 100 }),
            fc.json().map((text) => Buffer.from(text)),
          ),
        )
        .map(([type, payload]) => Buffer.concat([Buffer.from([type, 0, 0, 0]), payload])),
    );
    fc.assert(
      fc.property(bytes, fc.constantFrom(1 as const, 2 as const), (data, channels) => {
        for (const decode of [
          () => decodeToPusher(Buffer.from(data), channels),
          () => decodeFromPusher(Buffer.from(data)),
        ])
          try {
            expect(decode().type).toBeDefined();
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedFrame);
          }
      }),
      { numRuns: 2000 },
    );
  });

  it('that are refused are not quoted', () => {
    const payload = Buffer.from('{"job_id":"my mother was born in Kiel"}');
    expect(() => decodeToPusher(Buffer.concat([Buffer.from([104, 0, 0, 0]), payload]), 1)).toThrow(
      'A payload that is not what it should be: job_id, tenant, conversation_id, generation, language',
    );
  });
});
