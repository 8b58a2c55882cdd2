import { beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { ArchiveConfig } from '../../config/archive.config.js';
import type { ConversationsConfig } from '../../config/conversations.config.js';
import { ManualClock } from '../../kernel/clock.js';
import { archiveFailed } from '../../services/archive/audio-archive.js';
import type { Recordings } from '../../services/archive/recordings.js';
import { ScriptedArchive } from '../../services/archive/testing/scripted-archive.js';
import type { Conversations } from '../../services/conversations/conversations.js';
import type { ConversationQuery } from '../../services/conversations/conversation-store.js';
import { AudioRetention } from './audio-retention.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('recordings', () => {
  let clock: ManualClock;
  let archive: ScriptedArchive;
  let stored: Map<string, number>;
  let marks: Set<string>;
  let cleared: string[];
  let lines: string[];
  let fault: Error | undefined;
  let storeEnabled: boolean;

  beforeEach(() => {
    clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'));
    archive = new ScriptedArchive();
    archive.writtenAt = new Date(clock.wallTime()).toISOString();
    stored = new Map();
    marks = new Set();
    cleared = [];
    lines = [];
    fault = undefined;
    storeEnabled = true;
  });

  async function retention(audioDays: number, conversationDays: number): Promise<AudioRetention> {
    const recordings: Pick<Recordings, 'everywhere' | 'clear'> = {
      everywhere: async function* () {
        if (fault) throw fault;
        yield* archive.everywhere();
      },
      clear: (tenant, id) => {
        cleared.push(`${tenant}/${id}`);
        return archive.removeAll(tenant, id);
      },
    };
    const conversations = {
      get enabled() {
        return storeEnabled;
      },
      isRemoved: (_: string, id: string) => Promise.resolve(marks.has(id)),
      find: (_: string, id: string) => Promise.resolve(stored.has(id) ? {} : undefined),
      list: ({ before = '' }: ConversationQuery) =>
        Promise.resolve([...stored.values()].filter((at) => new Date(at).toISOString() < before)),
    };
    const job = new AudioRetention(
      recordings as Recordings,
      conversations as unknown as Conversations,
      { ttlDays: audioDays, retentionMs: HOUR_MS } as ArchiveConfig,
      { ttlDays: conversationDays } as ConversationsConfig,
      clock,
    );
    const logger = (job as unknown as { logger: Logger }).logger;
    for (const level of ['log', 'warn'] as const)
      logger[level] = (line: string) => void lines.push(`${level}: ${line}`);
    await job.start();
    return job;
  }

  const put = (...ids: string[]): Promise<unknown> =>
    Promise.all(ids.map((id) => archive.put('acme', id, 'a.wav', Buffer.from(id))));

  it('are deleted after their days, whether their conversation is there or not, and others kept', async () => {
    const job = await retention(7, 0);
    await put('old');
    stored.set('old', clock.wallTime());
    await archive.put('acme', 'people of this tenant', 'p.json', Buffer.from('{}'));
    await clock.advance(7 * DAY_MS - HOUR_MS);
    expect(cleared).toEqual([]);
    await clock.advance(2 * HOUR_MS);
    expect(cleared).toEqual(['acme/old']);
    expect([...archive.kept.keys()]).toEqual(['acme/people of this tenant/p.json']);
    expect(lines).toEqual([
      'log: Recordings of 1 conversations were deleted: 1 were older than AUDIO_TTL_DAYS, of 0 the conversation is gone',
    ]);
    await job.stop();
    expect(clock.pending).toBe(0);
  });

  it('are deleted within a day when their conversation has expired', async () => {
    const job = await retention(0, 30);
    await put('expired', 'kept');
    stored.set('kept', clock.wallTime());
    await clock.advance(29 * DAY_MS);
    expect(cleared).toEqual([]);
    await clock.advance(2 * DAY_MS);
    expect(cleared).toEqual(['acme/expired']);
    await job.stop();
  });

  it('are deleted within a day when their conversation was', async () => {
    const job = await retention(0, 0);
    await put('deleted', 'young');
    marks.add('deleted');
    await clock.advance(DAY_MS);
    expect(cleared).toEqual(['acme/deleted']);
    await job.stop();
  });

  it('without a conversation are deleted after a day, if the store is old enough to know it', async () => {
    const job = await retention(0, 0);
    await put('lost');
    stored.set('earlier', clock.wallTime() - DAY_MS);
    await clock.advance(DAY_MS - HOUR_MS);
    expect(cleared).toEqual([]);
    await clock.advance(DAY_MS + HOUR_MS);
    expect(cleared).toEqual(['acme/lost']);
    await job.stop();
  });

  it('are all kept when the store is new: it may be the wrong one', async () => {
    const job = await retention(0, 90);
    await put('a', 'b', 'c');
    await clock.advance(DAY_MS);
    stored.set('of the new store', clock.wallTime());
    await clock.advance(5 * DAY_MS);
    expect(cleared).toEqual([]);
    expect(new Set(lines)).toContain(
      'warn: Recordings of 1 conversations are kept that CONVERSATION_STORE does not know, as it knows nothing of their time',
    );
    await job.stop();
  });

  it('are all kept without a store', async () => {
    storeEnabled = false;
    const job = await retention(0, 90);
    await put('a');
    await clock.advance(200 * DAY_MS);
    expect(cleared).toEqual([]);
    await job.stop();
  });

  it('are looked for again after an outage, of which the first failure is told', async () => {
    const job = await retention(1, 0);
    await put('old');
    fault = archiveFailed('no', true);
    await clock.advance(2 * DAY_MS);
    expect(lines).toEqual(['warn: Recordings that are to be deleted cannot be: The audio archive: no']);
    fault = undefined;
    await clock.advance(HOUR_MS);
    expect(cleared).toEqual(['acme/old']);
    await job.stop();
  });
});
