import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Redact, redaction } from '../../services/conversations/redaction.js';
import { type Changes, LiveTranscript } from './live-transcript.js';
import { passagesOf } from './passages.js';
import { type Utterance, inOrder } from './utterance.js';

const utterance: fc.Arbitrary<Utterance> = fc
  .record({
    startMs: fc.integer({ min: 0, max: 60_000 }),
    lengthMs: fc.integer({ min: 100, max: 8000 }),
    speakerId: fc.integer({ min: 0, max: 2 }),
    isUser: fc.boolean(),
    personId: fc.constantFrom(null, null, 'ann', 'bob'),
    provider: fc.constantFrom('one', 'other'),
    text: fc.constantFrom(
      'Yes.',
      'No, thank you.',
      'and then',
      'My card was stolen',
      '4111 1111',
      '1111',
      `${'word '.repeat(30)}end.`,
    ),
  })
  .map(({ lengthMs, ...rest }) => ({ ...rest, endMs: rest.startMs + lengthMs }));

/** Utterances in any order, in batches of any size. */
const arrivals = fc
  .array(utterance, { minLength: 1, maxLength: 40 })
  .chain((all) =>
    fc.tuple(
      fc.constant(all),
      fc.shuffledSubarray(all, { minLength: all.length }),
      fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
    ),
  );

function batches(all: readonly Utterance[], sizes: Iterator<number>): Utterance[][] {
  const result: Utterance[][] = [];
  for (let at = 0; at < all.length;) {
    const size = sizes.next().value as number;
    result.push(all.slice(at, at + size));
    at += size;
  }
  return result;
}

function transcript(redact: Redact = (text) => text): LiveTranscript {
  let ids = 0;
  return new LiveTranscript(redact, () => `segment ${ids++}`);
}

/** What a client makes of what it is told. */
class Client {
  readonly shown = new Map<string, string>();
  readonly gone = new Set<string>();

  hear({ updated, removed }: Changes): void {
    for (const id of removed) {
      expect(this.shown.delete(id)).toBe(true);
      this.gone.add(id);
    }
    for (const { id, text } of updated) {
      expect(this.gone.has(id)).toBe(false);
      this.shown.set(id, text);
    }
  }
}

describe('utterances in any order and in any batches', () => {
  it('make the same transcript, and clients know it', () => {
    fc.assert(
      fc.property(arrivals, ([all, shuffled, sizes]) => {
        const client = new Client();
        const live = transcript();
        for (const batch of batches(shuffled, sizes)) {
          client.hear(live.add(batch));
          const shown = live.list.map(({ id, text }) => [id, text]);
          expect(Object.fromEntries(client.shown)).toEqual(Object.fromEntries(shown));
        }
        expect(live.list).toMatchObject(passagesOf(all.toSorted(inOrder)));
      }),
    );
  });

  it('show the same of card numbers, and clients know it', () => {
    const redact = redaction(['card']);
    fc.assert(
      fc.property(arrivals, ([all, shuffled, sizes]) => {
        const known = new Map<string, string>();
        const live = transcript(redact);
        for (const batch of batches(shuffled, sizes)) {
          const { updated, removed } = live.add(batch);
          for (const id of removed) known.delete(id);
          for (const { id, shown } of updated) known.set(id, shown);
          expect(Object.fromEntries(known)).toEqual(Object.fromEntries(live.list.map(({ id, shown }) => [id, shown])));
        }
        const atOnce = transcript(redact);
        atOnce.add(all);
        expect(live.list.map(({ shown }) => shown)).toEqual(atOnce.list.map(({ shown }) => shown));
      }),
    );
  });

  it('make segments in order of time, with ids of their own and nothing lost', () => {
    fc.assert(
      fc.property(arrivals, ([all, shuffled, sizes]) => {
        const live = transcript();
        for (const batch of batches(shuffled, sizes)) live.add(batch);
        const starts = live.list.map(({ startMs }) => startMs);
        expect(starts).toEqual(starts.toSorted((a, b) => a - b));
        expect(new Set(live.list.map(({ id }) => id)).size).toBe(live.list.length);
        expect(live.list.every(({ startMs, endMs }) => startMs <= endMs)).toBe(true);
        expect(live.list.flatMap(({ utterances }) => utterances)).toHaveLength(all.length);
        expect(live.size).toBe(all.length);
      }),
    );
  });

  it('keep the id of a segment as long as its first words are in one', () => {
    fc.assert(
      fc.property(arrivals, ([, shuffled, sizes]) => {
        const live = transcript();
        const known = new Map<Utterance, string>();
        for (const batch of batches(shuffled, sizes)) {
          const { removed } = live.add(batch);
          for (const [first, id] of known) {
            const now = live.list.find(({ utterances }) => utterances.includes(first));
            // It is the same, or has been put together with another one, which is announced.
            expect(now?.id === id || removed.includes(id)).toBe(true);
          }
          known.clear();
          for (const { id, utterances } of live.list) known.set(utterances[0]!, id);
        }
      }),
    );
  });
});
