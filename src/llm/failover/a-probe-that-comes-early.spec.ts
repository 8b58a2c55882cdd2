import { expect, it } from '@jest/globals';
import { ManualClock, type Timer } from '../../kernel/clock.js';
import { ScriptedLlmClient } from '../testing/scripted-llm.client.js';
import { GuardedModel } from './guarded-model.js';

/** Timers of the system may fire a moment before their time. */
class HastyClock extends ManualClock {
  override setTimeout(callback: () => void, delayMs: number): Timer {
    return super.setTimeout(callback, delayMs - 0.4);
  }
}

it('a model is found again although the timer for its trial came too early', async () => {
  const clock = new HastyClock();
  const lines: string[] = [];
  const options = { failures: 1, openMs: 500, probeMs: 1000 };
  const model = new GuardedModel(
    new ScriptedLlmClient(clock),
    false,
    clock,
    options,
    (_, line) => void lines.push(line),
  );
  model.failed(model.enter()!, new Error('gone'));
  expect(model.state).toBe('open');
  await clock.advance(2000);
  expect(model.state).toBe('closed');
  expect(lines.at(-1)).toBe('scripted works again');
  await model.close();
  expect(clock.pending).toBe(0);
});
