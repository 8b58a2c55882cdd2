import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ArchiveConfig } from '../../src/config/archive.config.js';
import { ConversationsConfig } from '../../src/config/conversations.config.js';
import { LlmConfig } from '../../src/config/llm.config.js';
import { loadConfig } from '../../src/config/load.js';
import { type Clock, ManualClock, SystemClock } from '../../src/kernel/clock.js';
import { ParleyError } from '../../src/kernel/errors.js';
import { ScriptedLlmClient } from '../../src/llm/testing/scripted-llm.client.js';
import type { ProcessRequest, ProcessResult } from '../../src/pusher/link/pusher-link.js';
import { PostCall } from '../../src/pusher/post-call/post-call.js';
import { Recordings } from '../../src/services/archive/recordings.js';
import type { ConversationRecord, Segment } from '../../src/services/conversations/conversation-record.js';
import { Conversations } from '../../src/services/conversations/conversations.js';
import { MemoryKeyValueStore } from '../../src/state/store/memory-key-value-store.js';

const signal = new AbortController().signal;
const clock = new SystemClock();
const READING = {
  title: 'Parcel lost',
  overview: 'The parcel did not arrive. A new one is sent.',
  disposition: 'resolved',
  action_items: [{ text: 'Send a new parcel', owner: 'agent' }],
  entities: [{ kind: 'reference', text: 'AB-1234' }],
  sentiment: { agent: 'neutral', customer: 'positive' },
};

function segment(id: number, is_user: boolean, text: string): Segment {
  const speaker_id = is_user ? 0 : 1;
  return {
    id: `s${id}`,
    text,
    speaker: `SPEAKER_0${speaker_id}`,
    speaker_id,
    is_user,
    person_id: null,
    start: id * 3,
    end: id * 3 + 2,
    stt_provider: 'scripted',
  };
}

function listened(id: string, segments: Segment[], changes: Partial<ConversationRecord> = {}): ConversationRecord {
  return {
    id,
    kind: 'listen',
    tenant: 'acme',
    scenario: '',
    agent: '',
    status: 'processing',
    startedAt: '2026-11-20T10:00:00.000Z',
    updatedAt: '2026-11-20T10:05:00.000Z',
    endReason: 'silence',
    entries: [],
    listened: {
      owner: 'session',
      language: 'en',
      source: null,
      channels: 2,
      consent: 'unknown',
      segments,
      gaps: [],
      people: {},
    },
    ...changes,
  };
}

const said = [
  segment(0, true, 'How can I help you?'),
  segment(1, false, 'My parcel AB-1234 has not arrived.'),
  segment(2, true, 'I will send a new one.'),
];

function request(conversationId: string, generation = 1): ProcessRequest {
  return {
    jobId: `process.${conversationId}.${generation}`,
    tenant: 'acme',
    conversationId,
    generation,
    language: 'en',
  };
}

describe('a conversation that is over', () => {
  let folder: string;
  let conversations: Conversations;
  let recordings: Recordings;
  let announced: ConversationRecord[];
  let begun: string[];
  let model: ScriptedLlmClient;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'parley-post-call-'));
    const { values } = loadConfig({ DATA_DIR: folder });
    const kept = values.get(ConversationsConfig) as ConversationsConfig;
    const marks = new MemoryKeyValueStore(clock);
    conversations = new Conversations(kept, marks, clock);
    recordings = new Recordings(values.get(ArchiveConfig) as ArchiveConfig, kept, marks, clock);
    await conversations.start(signal);
    await recordings.start(signal);
    announced = [];
    begun = [];
    model = new ScriptedLlmClient(clock, () => [{ text: JSON.stringify(READING) }]);
  });
  afterEach(async () => {
    await recordings.stop();
    await conversations.stop();
    await rm(folder, { recursive: true });
  });

  const worker = (models = ['openai:gpt'], time: Clock = clock): PostCall =>
    new PostCall(conversations, recordings, model, { models, totalMs: 30_000 } as LlmConfig, time);
  const announce = (record: ConversationRecord): Promise<void> => Promise.resolve(void announced.push(record));
  const process = (of: ProcessRequest, by = worker()): Promise<ProcessResult> =>
    by.process(of, { begun: (record) => Promise.resolve(void begun.push(record.id)), done: announce }, signal);
  const put = (record: ConversationRecord): Promise<unknown> => conversations.change('acme', record.id, () => record);
  const stored = (id: string): Promise<ConversationRecord | undefined> => conversations.find('acme', id);

  it('has no card in its insights, though a model puts one together from what was kept in parts', async () => {
    model.reply(
      JSON.stringify({ ...READING, title: 'Card 4111 1111 1111 1111 lost', overview: 'It was 4111111111111111.' }),
    );
    await put(listened('a', said));
    await process(request('a'));
    expect((await stored('a'))?.insights).toMatchObject({ title: 'Card [card] lost', overview: 'It was [card].' });
    expect(JSON.stringify(await conversations.list({ tenant: 'acme', limit: 5, before: undefined }))).not.toContain(
      '4111',
    );
  });

  it('gets its insights from a model, which sees it as it is kept', async () => {
    await put(listened('a', said));
    expect(await process(request('a'))).toEqual({
      jobId: 'process.a.1',
      conversationId: 'a',
      outcome: 'processed',
      title: READING.title,
      overview: READING.overview,
    });
    expect(await stored('a')).toMatchObject({
      status: 'completed',
      insights: {
        ...READING,
        made_by: 'model',
        model: 'scripted',
        notice: null,
        generation: 1,
        measures: { duration_ms: 8000, words: 17 },
      },
    });
    expect(announced).toEqual([await stored('a')]);
    const [system, user] = model.requests[0]!.messages;
    expect(system?.content).toContain('"disposition"');
    expect(user?.content).toBe(
      '[0:00] agent: How can I help you?\n[0:03] customer: My parcel AB-1234 has not arrived.\n[0:06] agent: I will send a new one.',
    );
  });

  it('is announced again, but not read again, when it is asked for once more', async () => {
    await put(listened('a', said));
    const first = await process(request('a'));
    expect(await process(request('a'))).toEqual(first);
    expect([model.requests.length, begun, announced.length]).toEqual([1, ['a'], 2]);
    expect(announced[0]).toEqual(announced[1]);
  });

  it('may be read by a model that needs a second try', async () => {
    await put(listened('a', said));
    model.reply('I think it was about a parcel.').reply('```json\n', JSON.stringify(READING), '\n```');
    await process(request('a'));
    expect((await stored('a'))?.insights).toMatchObject({ made_by: 'model', title: READING.title });
    expect(model.requests[1]?.messages.at(-1)?.content).toBe(
      'That does not fit: it holds no JSON object. Answer again, with the JSON object only.',
    );
  });

  it.each([
    [
      'an answer that does not fit, twice',
      () => model.reply('{}').reply('{"title":7}'),
      /^the answer of scripted did not fit, twice: title: invalid_type; overview/,
    ],
    [
      'a model that fails',
      () => model.reply({ error: new ParleyError('llm_failed', 'the model is away', true) }),
      /^the model is away$/,
    ],
    ['a model that is broken', () => model.reply({ error: new TypeError('she said 4242') }), /^the model failed$/],
  ] as const)('is read by rules after %s, and says so', async (_, spoil, notice) => {
    spoil();
    await put(listened('a', said));
    await process(request('a'));
    expect((await stored('a'))?.insights).toMatchObject({
      made_by: 'extractive',
      model: null,
      notice: expect.stringMatching(notice),
      title: 'My parcel AB-1234 has not arrived.',
    });
  });

  it('is read by rules when the model says nothing', async () => {
    const time = new ManualClock();
    model.reply({ stall: true });
    await put(listened('a', said));
    const processed = process(request('a'), worker(undefined, time));
    while (model.running === 0) await nextTurn();
    await time.advance(30_000);
    await processed;
    expect((await stored('a'))?.insights).toMatchObject({
      made_by: 'extractive',
      notice: 'No whole answer within 30000 ms',
    });
    expect([time.pending, model.aborted]).toEqual([0, 1]);
  });

  it('is read by rules where there is no model that can read', async () => {
    await put(listened('a', said));
    await process(request('a'), worker(['embedded']));
    expect((await stored('a'))?.insights).toMatchObject({
      made_by: 'extractive',
      notice: expect.stringContaining('LLM_MODELS'),
    });
    expect(model.requests).toEqual([]);
  });

  it('is written by the worker that began last, whoever ends first', async () => {
    await put(listened('a', said));
    const slow = worker();
    let goOn: () => void = () => undefined;
    const paused = new Promise<void>((resolve) => (goOn = resolve));
    const begun = new Promise<void>((resolve) => {
      const wasStream = model.stream.bind(model);
      let calls = 0;
      model.stream = async function* (asked, given) {
        if (++calls === 1) {
          resolve();
          await paused;
        }
        yield* wasStream(asked, given);
      };
    });
    const first = process(request('a'), slow);
    await begun;
    expect(await process(request('a'))).toMatchObject({ outcome: 'processed' });
    goOn();
    await expect(first).rejects.toMatchObject({ code: 'conflict', retryable: true });
    expect((await stored('a'))?.processing).toMatchObject({ epoch: 2 });
    // Its next try finds out that it is done.
    expect(await process(request('a'), slow)).toMatchObject({ outcome: 'processed' });
  });

  it('is read anew for a later generation, and not for an earlier one', async () => {
    await put(listened('a', said));
    await process(request('a'));
    model.reply(JSON.stringify({ ...READING, title: 'Again' }));
    expect(await process(request('a', 2))).toMatchObject({ outcome: 'processed', title: 'Again' });
    expect(await process(request('a', 1))).toMatchObject({ outcome: 'fenced' });
    expect((await stored('a'))?.insights).toMatchObject({ generation: 2, title: 'Again' });
  });

  it('is removed if nobody has said anything', async () => {
    await put(listened('a', []));
    expect(await process(request('a'))).toMatchObject({ outcome: 'discarded' });
    expect(await stored('a')).toBeUndefined();
    expect(await process(request('a'))).toMatchObject({ outcome: 'discarded' });
    expect(announced).toEqual([]);
  });

  it('does not come back once it is removed', async () => {
    await put(listened('a', said));
    model.reply({ text: JSON.stringify(READING) });
    const wasStream = model.stream.bind(model);
    model.stream = async function* (asked, given) {
      await conversations.remove('acme', 'a');
      yield* wasStream(asked, given);
    };
    await expect(process(request('a'))).rejects.toMatchObject({ retryable: true });
    expect(await process(request('a'))).toMatchObject({ outcome: 'discarded' });
    expect(await stored('a')).toBeUndefined();
  });

  it('is waited for while the store does not have it', async () => {
    await expect(process(request('later'))).rejects.toMatchObject({ code: 'not_found', retryable: true });
  });

  it('is given up, as one that was deleted elsewhere, when the store does not have it for a while', async () => {
    const time = new ManualClock();
    const patient = new PostCall(conversations, recordings, model, { models: ['embedded'] } as LlmConfig, time);
    await expect(process(request('never'), patient)).rejects.toMatchObject({ code: 'not_found' });
    await time.advance(9000);
    await expect(process(request('never'), patient)).rejects.toMatchObject({ code: 'not_found' });
    await time.advance(1000);
    expect(await process(request('never'), patient)).toMatchObject({ outcome: 'discarded' });
  });

  it('that was left open by a process that died is closed', async () => {
    await put(listened('a', said, { status: 'in_progress', endReason: null }));
    await process(request('a'));
    expect(await stored('a')).toMatchObject({ status: 'completed', endReason: 'abandoned' });
  });

  it('of an agent of ours is read like any other', async () => {
    const entries: ConversationRecord['entries'] = [
      { id: '1', at_ms: 0, role: 'agent', agent: 'a', text: 'How can I help you?', outcome: 'completed' },
      { id: '2', at_ms: 4000, role: 'caller', source: 'voice', text: 'where is my parcel', rejected: false },
      { id: '3', at_ms: 5000, role: 'tool', agent: 'a', tool: 'find', ok: true },
      { id: '4', at_ms: 6000, role: 'caller', source: 'voice', text: '', rejected: true },
    ];
    const { listened: _, ...voice } = listened('v', []);
    await put({ ...voice, kind: 'voice', entries });
    await process(request('v'));
    expect((await stored('v'))?.insights?.measures).toMatchObject({
      duration_ms: 300_000,
      agent_talk_ms: 1850,
      customer_talk_ms: 1480,
    });
    await put({ ...voice, id: 'silent', kind: 'voice', entries: [] });
    expect(await process(request('silent'))).toMatchObject({ outcome: 'discarded' });
    expect(await stored('silent')).toMatchObject({ status: 'discarded' });
  });
});
