import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { JobKind } from '../../src/pusher/jobs/job-kinds.js';
import { MemoryJobQueue } from '../../src/pusher/jobs/testing/memory-job-queue.js';
import { Reconciler } from '../../src/pusher/post-call/reconciler.js';
import { ManualClock } from '../../src/kernel/clock.js';
import { type ConversationRecord, summaryOf } from '../../src/services/conversations/conversation-record.js';
import type { Conversations } from '../../src/services/conversations/conversations.js';
import { record } from '../../src/services/conversations/testing/writer-bench.js';
import type { VoiceConfig } from '../../src/config/voice.config.js';

const MINUTE_MS = 60_000;

describe('conversations that were left behind', () => {
  let clock: ManualClock;
  let queue: MemoryJobQueue;
  let stored: Map<string, ConversationRecord>;
  let afterListing: () => void;
  let reconciler: Reconciler;

  beforeEach(() => {
    clock = new ManualClock();
    queue = new MemoryJobQueue();
    stored = new Map();
    afterListing = () => undefined;
    const conversations = {
      enabled: true,
      find: (_: string, id: string) => Promise.resolve(stored.get(id)),
      unfinished: async function* (updatedBefore: string) {
        const found = [...stored.values()].filter(
          ({ status, updatedAt }) => ['in_progress', 'processing'].includes(status) && updatedAt < updatedBefore,
        );
        afterListing();
        yield* found.map(summaryOf);
      },
    } as unknown as Conversations;
    const config = { enabled: true, reconcileMs: MINUTE_MS, auditMs: 0, abandonedMs: 3 * MINUTE_MS };
    const voice = { idleTimeoutMs: 5 * MINUTE_MS, resumeMs: MINUTE_MS } as VoiceConfig;
    reconciler = new Reconciler(conversations, queue, config, voice, clock);
  });
  afterEach(() => reconciler.stop());

  const put = (
    id: string,
    kind: 'voice' | 'listen',
    status: ConversationRecord['status'],
    ageMinutes: number,
  ): void => {
    const updatedAt = new Date(clock.wallTime() - ageMinutes * MINUTE_MS).toISOString();
    stored.set(id, record(id, [1], { kind, status, updatedAt }));
  };
  const asked = async (): Promise<string[]> => {
    reconciler.start();
    await clock.advance(0);
    const ids = [...stored.keys()];
    const states = await Promise.all(ids.map((id) => queue.stateOf(`process.${id}.1`)));
    return ids.filter((_, index) => states[index] !== undefined);
  };

  it('are those that wait without a job, and those that nobody writes any more', async () => {
    put('waits', 'listen', 'processing', 2);
    put('just over', 'listen', 'processing', 0.5);
    put('lives', 'listen', 'in_progress', 2);
    put('abandoned', 'listen', 'in_progress', 4);
    put('quiet call', 'voice', 'in_progress', 6);
    put('dead call', 'voice', 'in_progress', 8);
    put('done', 'listen', 'completed', 60);
    expect(await asked()).toEqual(['waits', 'abandoned', 'dead call']);
  });

  it('are not asked for a second time while their job waits, nor when it was given up', async () => {
    put('a', 'listen', 'processing', 2);
    await queue.put({ id: 'process.a.1', kind: JobKind.Process, payload: 'the first' });
    await asked();
    expect(await queue.counts()).toMatchObject({ waiting: 1 });
  });

  it('are none that were finished between the look and the question', async () => {
    put('a', 'listen', 'processing', 2);
    afterListing = () => {
      const before = stored.get('a')!;
      const insights = { generation: 1 } as ConversationRecord['insights'];
      stored.set('a', { ...before, status: 'completed', insights });
    };
    await asked();
    expect(await queue.counts()).toMatchObject({ waiting: 0 });
  });
});
