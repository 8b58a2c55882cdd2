import { afterEach, beforeEach, expect } from '@jest/globals';
import { format } from 'node:util';

/** A test that prints has found something nobody looks at: it fails instead. */
const written: string[] = [];
const methods = ['log', 'info', 'warn', 'error', 'debug'] as const;
const original = new Map(methods.map((method) => [method, console[method]]));

beforeEach(() => {
  written.length = 0;
  for (const method of methods)
    console[method] = (...args: unknown[]) => void written.push(`${method}: ${format(...args)}`);
});

afterEach(() => {
  for (const method of methods) console[method] = original.get(method)!;
  expect(written).toEqual([]);
});
