import { describe, expect, it } from '@jest/globals';
import { clientFrame, FrameReader, OPCODE } from './ws-frames.ts';

const unmasked = (opcode: number, payload: string): Buffer => {
  const masked = clientFrame(opcode, Buffer.from(payload), Uint8Array.of(0, 0, 0, 0));
  const header = payload.length < 126 ? 2 : 4;
  const frame = Buffer.concat([masked.subarray(0, header), masked.subarray(header + 4)]);
  frame[1]! &= 0x7f;
  return frame;
};

const read = (chunks: readonly Buffer[]): [number, string][] => {
  const frames: [number, string][] = [];
  const reader = new FrameReader((opcode, payload) => frames.push([opcode, payload.toString()]));
  for (const chunk of chunks) reader.push(chunk);
  return frames;
};

describe('WebSocket frames', () => {
  const long = 'x'.repeat(300);
  const stream = Buffer.concat([
    unmasked(OPCODE.text, 'one'),
    unmasked(OPCODE.text, long),
    unmasked(OPCODE.ping, ''),
    unmasked(OPCODE.text, 'two'),
  ]);
  const expected = [
    [OPCODE.text, 'one'],
    [OPCODE.text, long],
    [OPCODE.ping, ''],
    [OPCODE.text, 'two'],
  ];

  it('are cut out of one chunk', () => {
    expect(read([stream])).toEqual(expected);
  });

  it('are put together wherever the stream was cut', () => {
    for (let cut = 1; cut < stream.length; cut++)
      expect(read([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(expected);
    expect(read([...stream].map((byte) => Buffer.of(byte)))).toEqual(expected);
  });

  it('are masked as a client must', () => {
    const mask = Uint8Array.of(1, 2, 3, 4);
    const frame = clientFrame(OPCODE.text, Buffer.from('hello'), mask);
    expect([...frame.subarray(0, 6)]).toEqual([0x81, 0x85, 1, 2, 3, 4]);
    expect(Buffer.from(frame.subarray(6).map((byte, i) => byte ^ mask[i & 3]!)).toString()).toBe('hello');
  });
});
