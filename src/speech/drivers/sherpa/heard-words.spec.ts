import { describe, expect, it } from '@jest/globals';
import { toResult } from './heard-words.js';

describe('what a recogniser of sherpa-onnx has heard', () => {
  it('has words of tokens, each until the next or a little longer than its last token', () => {
    const heard = toResult(
      {
        text: ' BLOCK MY CARD',
        tokens: [' BLO', 'CK', ' MY', ' CARD'],
        timestamps: [0.2, 0.36, 0.5, 2],
        ys_probs: [0, -0.2, 0, -0.2],
      },
      2100,
    );
    expect(heard).toEqual({
      text: 'block my card',
      confidence: Math.exp(-0.1),
      rejected: false,
      startMs: 200,
      endMs: 2100,
      words: [
        { text: 'block', startMs: 200, endMs: 500 },
        { text: 'my', startMs: 500, endMs: 740 },
        { text: 'card', startMs: 2000, endMs: 2100 },
      ],
    });
  });

  it('has a word for each character where there are no blanks', () => {
    const tokens = ['你', '好', '▁OK'];
    const { text, words } = toResult({ text: '你好 OK', tokens, timestamps: [0, 0.2, 0.4] }, 1000);
    expect([text, words?.map((word) => word.text)]).toEqual(['你好 ok', ['你', '好', 'ok']]);
  });

  it('takes a lone mark of a word for the beginning of the next token', () => {
    const { words } = toResult(
      { text: ' a bc', tokens: ['▁', 'a', '▁', 'b', 'c'], timestamps: [0, 0.1, 0.2, 0.3, 0.4] },
      900,
    );
    expect(words?.map((word) => [word.text, word.startMs])).toEqual([
      ['a', 0],
      ['bc', 200],
    ]);
  });

  it('has no words where tokens do not make up the text or have no times', () => {
    const bytes = { text: 'é', tokens: ['Ã', '©'], timestamps: [0, 0.1] };
    expect(toResult(bytes, 500)).toEqual({ text: 'é', confidence: 1, rejected: false });
    expect(toResult({ text: 'A', tokens: ['A'], timestamps: [] }, 500).words).toBeUndefined();
    expect(toResult({ text: 'A' }, 500)).toEqual({ text: 'a', confidence: 1, rejected: false });
  });

  it('is nothing when nothing was understood', () => {
    expect(toResult({ text: ' ', tokens: [], timestamps: [] }, 500)).toEqual({
      text: '',
      confidence: 0,
      rejected: false,
    });
  });
});
