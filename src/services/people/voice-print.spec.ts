import { describe, expect, it } from '@jest/globals';
import { type VoicePrint, type VoiceSample, bytesOfPrint, printOfBytes, withSample } from './voice-print.js';

const sample = (id: string, ...values: number[]): VoiceSample => ({
  id,
  conversationId: `c-${id}`,
  learnedAt: '2026-11-20T10:00:00.000Z',
  embedding: Float32Array.from(values),
});
const ann = { personId: 'p1', name: 'Ann', model: 'sherpa:a' };
const print = withSample(undefined, ann, sample('one', 1, 2));

describe('a voice print', () => {
  it('comes back from its file as it was', () => {
    const two = withSample(print, ann, sample('two', -0.125, 3.5e-8));
    expect(printOfBytes(bytesOfPrint(two))).toEqual(two);
  });

  const changed = (change: (file: Record<string, unknown>) => unknown): Buffer =>
    Buffer.from(JSON.stringify(change(JSON.parse(bytesOfPrint(print).toString()) as Record<string, unknown>)));
  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.from('RIFF')],
    ['of a version to come', changed((file) => ({ ...file, version: 2 }))],
    ['without samples', changed((file) => ({ ...file, samples: [] }))],
    ['of another dimension than it says', changed((file) => ({ ...file, dimension: 3 }))],
  ])('is not read from a file that is %s', (_, bytes) => {
    expect(printOfBytes(bytes)).toBeUndefined();
  });

  it('keeps the five newest samples, each once, under the newest name', () => {
    let grown: VoicePrint = print;
    for (const id of ['two', 'three', 'two', 'four', 'five', 'six']) grown = withSample(grown, ann, sample(id, 1, 1));
    expect(grown.samples.map(({ id }) => id)).toEqual(['three', 'two', 'four', 'five', 'six']);
    const renamed = withSample(grown, { ...ann, name: 'Anna' }, { ...sample('x', 1, 1), learnedAt: '2026-11-21' });
    expect(renamed).toMatchObject({ name: 'Anna', createdAt: print.createdAt, updatedAt: '2026-11-21' });
  });

  it('begins anew with another model, or another dimension', () => {
    expect(withSample(print, { ...ann, model: 'sherpa:b' }, sample('two', 1, 1)).samples).toHaveLength(1);
    expect(withSample(print, ann, sample('two', 1, 1, 1))).toMatchObject({ dimension: 3, samples: [{ id: 'two' }] });
  });
});
