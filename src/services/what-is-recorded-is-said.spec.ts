import { expect, it } from '@jest/globals';
import type { ListenConfig } from '../config/listen.config.js';
import type { Recordings } from './archive/recordings.js';
import type { Conversations } from './conversations/conversations.js';
import { ServicesStep } from './services.module.js';

const never = new AbortController().signal;
const NOT = 'calls with agents are not recorded';

it.each<[ListenConfig['audio'], string]>([
  ['off', `conversations in memory; ${NOT}`],
  ['on', `conversations in memory; ${NOT}; audio of calls that are listened to is kept`],
])('says which calls are recorded, with LISTEN_AUDIO=%s', async (audio, summary) => {
  const conversations: Pick<Conversations, 'start' | 'stop'> = {
    start: () => Promise.resolve('conversations in memory'),
    stop: () => Promise.resolve(),
  };
  const recordings: Pick<Recordings, 'start' | 'stop'> = {
    start: () => Promise.resolve(NOT),
    stop: () => Promise.resolve(),
  };
  const step = new ServicesStep(conversations as Conversations, recordings as Recordings, { audio } as ListenConfig);
  expect(await step.start(never)).toEqual({ summary });
  await step.stop();
});
