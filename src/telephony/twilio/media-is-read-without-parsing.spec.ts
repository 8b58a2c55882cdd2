import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MediaScanner } from './media-scanner.js';
import { parseTwilioMessage } from './twilio-messages.js';

const usual = (payload: string, timestamp = '20'): string =>
  `{"event":"media","sequenceNumber":"2","media":{"track":"inbound","chunk":"1","timestamp":"${timestamp}","payload":"${payload}"},"streamSid":"MZ0123"}`;

interface Heard {
  readonly pcm: Int16Array;
  readonly inbound: boolean;
  readonly timestampMs: number;
}

function scanned(scanner: MediaScanner, frame: string | Buffer): Heard | undefined {
  const pcm = scanner.read(Buffer.from(frame as string));
  return pcm && { pcm, inbound: scanner.isInbound, timestampMs: scanner.timestampMs };
}

/** The same by way of JSON.parse, the schema and Buffer. */
function parsed(frame: string | Buffer): Heard | undefined {
  const message = parseTwilioMessage(frame.toString());
  if (message.event !== 'media') return undefined;
  const { track, timestamp, payload } = message.media;
  return { pcm: payload, inbound: track === undefined || track === 'inbound', timestampMs: timestamp ?? -1 };
}

const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
const key = fc.oneof(
  fc.constantFrom(
    'event',
    'media',
    'payload',
    'track',
    'timestamp',
    'chunk',
    'streamSid',
    'sequenceNumber',
    '__proto__',
  ),
  fc.string({ maxLength: 12 }),
);
const base64 = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64')) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);
const text = fc.oneof(
  fc.constantFrom(
    'media',
    'inbound',
    'outbound',
    'mark',
    '',
    '20',
    '007',
    '9'.repeat(16),
    '-1',
    '1e3',
    '\\',
    '"',
    '/',
    'é',
  ),
  fc.nat().map(String),
  fc.string({ maxLength: 10, unit: 'grapheme' }),
);
const scalar = fc.oneof(
  { weight: 8, arbitrary: text.map((value) => JSON.stringify(value)) },
  // What JSON.stringify would not write, though it means the same.
  {
    weight: 1,
    arbitrary: fc.constantFrom('"\\u006dedia"', '"AA\\u003d="', '"\\/\\/8="', '1', 'null', 'true', '[]', '{}'),
  },
);

/** An object's text out of names and the texts of their values, with white space between everything. */
const objectText = (members: fc.Arbitrary<[string, string][]>): fc.Arbitrary<string> =>
  fc.tuple(members, fc.array(space, { minLength: 60, maxLength: 60 })).map(([entries, spaces]) => {
    let next = 0;
    const gap = (): string => spaces[next++ % spaces.length]!;
    const parts = entries.map(([name, value]) => `${gap()}${JSON.stringify(name)}${gap()}:${gap()}${value}${gap()}`);
    return `${gap()}{${entries.length === 0 ? gap() : parts.join(',')}}${gap()}`;
  });

const shuffled = <T>(items: fc.Arbitrary<T[]>): fc.Arbitrary<T[]> =>
  items.chain((all) => fc.shuffledSubarray(all, { minLength: all.length }));

const extra = fc.array(fc.tuple(key, scalar), { maxLength: 3 });
const mediaObject = objectText(
  shuffled(
    fc
      .tuple(
        base64.map((value): [string, string] => ['payload', JSON.stringify(value)]),
        fc.option(
          fc.constantFrom('inbound', 'outbound').map((value): [string, string] => ['track', `"${value}"`]),
          { nil: undefined },
        ),
        fc.option(
          fc.nat().map((value): [string, string] => ['timestamp', `"${value}"`]),
          { nil: undefined },
        ),
        extra,
      )
      .map(([payload, track, timestamp, more]) => [
        payload,
        ...(track ? [track] : []),
        ...(timestamp ? [timestamp] : []),
        ...more,
      ]),
  ),
);
const frame = objectText(
  shuffled(
    fc
      .tuple(mediaObject, fc.constantFrom('"media"', '"media"', '"media"', '"mark"'), extra)
      .map(([media, event, more]): [string, string][] => [['event', event], ['media', media], ...more]),
  ),
);
/** Cut off, or with a few bytes that were not there. */
const damaged = fc
  .tuple(frame, fc.nat(), fc.option(fc.uint8Array({ maxLength: 3 }), { nil: undefined }))
  .map(([whole, at, insert]) => {
    const bytes = Buffer.from(whole);
    const cut = at % (bytes.length + 1);
    return insert ? Buffer.concat([bytes.subarray(0, cut), insert, bytes.subarray(cut)]) : bytes.subarray(0, cut);
  });

describe('a media frame that is read without being parsed', () => {
  it('says what parsing it says, if it is read at all', () => {
    const scanner = new MediaScanner();
    let read = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 3, arbitrary: frame }, { weight: 1, arbitrary: damaged }), (input) => {
        const heard = scanned(scanner, input);
        if (!heard) return;
        read++;
        expect(heard).toEqual(parsed(input));
      }),
      { numRuns: 3000 },
    );
    // Otherwise it would say nothing.
    expect(read).toBeGreaterThan(300);
  });

  it('is read whenever it has the usual shape, whatever the order of its members and the white space', () => {
    const members = fc
      .tuple(fc.uint8Array({ maxLength: 200 }), fc.nat(), fc.nat())
      .map(([bytes, chunk, timestamp]) => ({
        track: 'inbound',
        chunk: String(chunk),
        timestamp: String(timestamp),
        payload: Buffer.from(bytes).toString('base64'),
      }));
    const strings = (fields: Record<string, string>): [string, string][] =>
      Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value)]);
    const usualFrame = members.chain((media) =>
      objectText(shuffled(fc.constant(strings(media)))).chain((inner) =>
        objectText(
          shuffled(
            fc.constant<[string, string][]>([
              ...strings({ event: 'media', sequenceNumber: '7', streamSid: 'MZ0123' }),
              ['media', inner],
            ]),
          ),
        ),
      ),
    );
    fc.assert(
      fc.property(usualFrame, (input) => {
        expect(scanned(new MediaScanner(), input)).toEqual(parsed(input));
        expect(parsed(input)).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['escapes in the payload', usual('\\/\\/8=')],
    ['an escape elsewhere', usual('/w==').replace('MZ0123', 'MZ\\u0030')],
    ['a number', usual('/w==').replace('"1"', '1')],
    ['a payload that is not padded', usual('/w')],
    ['a payload of another alphabet', usual('__8=')],
    ['a second payload', usual('/w==').replace('"chunk"', '"payload"')],
    ['a second event', usual('/w==').replace('"streamSid"', '"event"')],
    ['no payload', usual('/w==').replace('"payload"', '"load"')],
    ['no event', usual('/w==').replace('"event"', '"even"')],
    ['a timestamp that is no number', usual('/w==', '1e3')],
    ['a timestamp that is too long', usual('/w==', '1'.repeat(16))],
    ['something behind it', `${usual('/w==')} x`],
    ['a comma too many', usual('/w==').replace('"},', '",},')],
    ['a control character', usual('/w==').replace('MZ0123', 'MZ\n0123')],
    ['media that is a string', '{"event":"media","media":"/w=="}'],
    ['nothing', ''],
  ])('is left to the parser with %s', (_, input) => {
    expect(scanned(new MediaScanner(), input)).toBeUndefined();
  });

  it('is read when its length changes', () => {
    const scanner = new MediaScanner();
    for (const bytes of [160, 160, 80, 160, 0, 1, 320, 160, 160]) {
      const input = usual(Buffer.alloc(bytes, 7).toString('base64'));
      // Where a quote happens to stand in the usual place, the parser takes the frame, and the next one is read again.
      expect(scanned(scanner, input) ?? parsed(input)).toEqual(parsed(input));
    }
    expect(scanned(scanner, usual('gICA'))).toEqual(parsed(usual('gICA')));
  });

  it('gives each frame samples of its own', () => {
    const scanner = new MediaScanner();
    const first = scanner.read(Buffer.from(usual('gICA')))!;
    const before = [...first];
    for (let count = 0; count < 2000; count++) scanner.read(Buffer.from(usual('AAAA')));
    expect([...first]).toEqual(before);
    expect(scanner.read(Buffer.from(usual(Buffer.alloc(60_000).toString('base64'))))).toHaveLength(60_000);
  });
});
