import { expect, it } from '@jest/globals';
import { AzurePushAudio } from './azure-push-audio.js';

it('has a queue of its own for each utterance', () => {
  const audio = new AzurePushAudio(16_000);
  const queues = [0, 1].map(() => {
    expect(audio.renew()).toBe(true);
    return (audio.stream as unknown as { privStream: object }).privStream;
  });
  expect(queues[0]).not.toBe(queues[1]);
});

it('serves for one utterance where the SDK has changed', () => {
  const audio = new AzurePushAudio(16_000);
  (audio.stream as unknown as { privStream: object }).privStream = {};
  expect([audio.renew(), audio.renew()]).toEqual([true, false]);
});
