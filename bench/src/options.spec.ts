import { describe, expect, it } from '@jest/globals';
import { parseOptions, UsageError } from './options.ts';

describe('options', () => {
  it('measure everything when nothing is said', () => {
    const options = parseOptions([]);
    expect(options).toMatchObject({ quick: false, calls: null, rate: 8000, windowMs: 20_000, name: 'latest' });
    expect(options.scenarios).toContain('stall');
  });

  it('are small with --quick, unless more is said', () => {
    expect(parseOptions(['--quick'])).toMatchObject({ scenarios: ['talking'], calls: [1, 10, 50], windowMs: 6000 });
    expect(parseOptions(['--quick', '--scenario', 'idle,barge-in', '--calls', '3'])).toMatchObject({
      scenarios: ['idle', 'barge-in'],
      calls: [3],
    });
  });

  it.each([
    [['--rows', 'parley,nobody'], '--rows: "nobody" is none of parley, ws, livekit'],
    [['--rate', '44100'], '--rate: "44100" is none of 8000, 16000, 24000'],
    [['--calls', '1,,5'], '--calls: "" is not a whole number from 1 to 2000'],
    [['--seconds', '0'], '--seconds: "0" is not a whole number from 1 to 600'],
    [['--name', '../x'], '--name: "../x" is not a file name'],
  ])('%j are refused in words', (args, message) => {
    expect(() => parseOptions(args)).toThrow(new UsageError(message));
  });

  it('that do not exist are refused', () => {
    expect(() => parseOptions(['--fast'])).toThrow(UsageError);
  });
});
