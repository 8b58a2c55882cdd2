import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileProblem, readOnnxMetadata } from './onnx-file.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'onnx-'));
  file = path.join(folder, 'model.onnx');
});
afterEach(() => rmSync(folder, { recursive: true }));

const bytesField = (field: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([field * 8 + 2, content.length]), content]);
const entry = (key: string, value: string): Buffer =>
  bytesField(14, Buffer.concat([bytesField(1, Buffer.from(key)), bytesField(2, Buffer.from(value))]));
const version = Buffer.from([8, 8]);
const graph = bytesField(7, Buffer.alloc(100, 1));

describe('an ONNX file', () => {
  it('says what it is', async () => {
    writeFileSync(file, Buffer.concat([version, entry('model_type', 'vits'), graph, entry('comment', 'für alle')]));
    expect([...(await readOnnxMetadata(file))]).toEqual([
      ['model_type', 'vits'],
      ['comment', 'für alle'],
    ]);
  });

  it('is refused wherever it is cut off', async () => {
    const whole = Buffer.concat([version, graph]);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(file, whole.subarray(0, length));
      await expect(readOnnxMetadata(file)).rejects.toThrow(FileProblem);
    }
  });

  it.each([
    ['version https://git-lfs.github.com/spec/v1', 'Git LFS'],
    ['\n<!DOCTYPE html>', 'web page'],
    ['<html>', 'web page'],
    ['BZh91AY', 'archive'],
    ['PK\x03\x04', 'archive'],
    ['\x1f\x8b\x08', 'archive'],
    ['hello', 'not an ONNX model'],
  ])('is not %j', async (content, reason) => {
    writeFileSync(file, Buffer.from(content, 'latin1'));
    await expect(readOnnxMetadata(file)).rejects.toThrow(reason);
  });

  it('is read to its end or refused, whatever is in it', async () => {
    const garbage = fc.tuple(
      fc.constantFrom(Buffer.alloc(0), version, Buffer.concat([version, graph])),
      fc.uint8Array(),
    );
    await fc.assert(
      fc.asyncProperty(garbage, async ([start, bytes]) => {
        writeFileSync(file, Buffer.concat([start, bytes]));
        const outcome = await readOnnxMetadata(file).catch((error: unknown) => error);
        expect(outcome instanceof Map || outcome instanceof FileProblem).toBe(true);
      }),
    );
  });
});
