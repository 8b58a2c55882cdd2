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

// What units log without an application around them goes to Nest's own logger, and from there to the terminal.
const QUIET = Symbol.for('parley.quiet');
for (const stream of [process.stdout, process.stderr] as (NodeJS.WriteStream & { [QUIET]?: true })[]) {
  if (stream[QUIET]) continue;
  stream[QUIET] = true;
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (...args: unknown[]) =>
    typeof args[0] === 'string' && args[0].includes('[Nest]') ? true : write(...args);
}
