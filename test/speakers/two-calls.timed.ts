import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LocalServer } from '../../src/cli/local-server.js';
import { EMBEDDER_KEY, EmbedderService } from '../fakes/embedder/embedder-service.js';
import { ListenCaller, type ShownSegment } from '../listen/support/listen-caller.js';
import { withoutSpeech } from '../support/test-server.js';
import { bursts } from './bursts.js';

const RATE = 8000;
const [CUSTOMER, OTHER_CUSTOMER] = [700, 1800];
const NAME = 'Annabel Quixote';
const SAID = 'my mother was born in Kiel';
const TOKEN = 'a-token-of-the-desk';
const headers = { Authorization: `Bearer ${TOKEN}` };

let service: EmbedderService;
let server: LocalServer;
const cleanUp: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  service = await EmbedderService.start();
  cleanUp.push(() => service.stop());
  const folder = await mkdtemp(path.join(tmpdir(), 'parley-two-calls-'));
  cleanUp.push(() => rm(folder, { recursive: true }));
  server = await LocalServer.start({
    ...withoutSpeech,
    ...service.settings,
    SCRIPTED_STT_TEXT: SAID,
    LOG_LEVEL: 'trace',
    CONVERSATION_STORE: 'sqlite',
    DATA_DIR: folder,
    AUTH_TOKENS: TOKEN,
    // Whatever else this machine is busy with.
    OVERLOAD_EVENT_LOOP_DELAY_MS: '10000',
    LISTEN_AUDIO: 'on',
    LISTEN_SEGMENT_MS: '100',
    SPEAKER_SAMPLE_MIN_AGE_MS: '0',
    SPEAKER_SAMPLE_MIN_MS: '2500',
    JOB_RETRY_MS: '100',
    JOB_RETRY_MAX_MS: '100',
    JOB_ATTEMPTS: '100',
    JOB_POLL_MS: '50',
  });
  cleanUp.push(() => server.stop());
});
afterAll(async () => {
  for (const stop of cleanUp.toReversed()) await stop();
});

/** A call in which the customer hums for four seconds, in real time; resolves once that is in the transcript. */
async function call(hz: number): Promise<{ caller: ListenCaller; segment: ShownSegment }> {
  const caller = await ListenCaller.dial(server.url, `?channels=2&sample_rate=${RATE}`, headers);
  await caller.ready();
  const pcm = new Int16Array(5.5 * RATE);
  pcm.set(bursts(hz, 4000, RATE), RATE / 2);
  const startedAt = performance.now();
  for (let at = 0; at < pcm.length; at += 160) {
    const dueMs = startedAt + (at * 1000) / RATE - performance.now();
    if (dueMs > 0) await pause(dueMs);
    caller.sendAudio(new Int16Array(160), 1);
    caller.sendAudio(pcm.slice(at, at + 160), 2);
  }
  return { caller, segment: await caller.understands(SAID) };
}

async function end(caller: ListenCaller): Promise<void> {
  caller.send({ type: 'end' });
  expect(await caller.closed).toMatchObject({ code: 1000 });
}

async function people(): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${server.url}/api/v1/people`, { headers });
  return ((await response.json()) as { people: Record<string, unknown>[] }).people;
}

const suggestions = (caller: ListenCaller) => caller.events.filter(({ type }) => type === 'speaker_label_suggestion');

describe('a customer who was named in one call', () => {
  it('is known by their voice in the next one, and nobody else is', async () => {
    const first = await call(CUSTOMER);
    expect([first.segment.speaker_id, service.requests]).toEqual([1, 0]);
    first.caller.send({
      type: 'speaker_assigned',
      segment_ids: [first.segment.id],
      speaker_id: 1,
      person_id: 'p-1',
      person_name: NAME,
    });
    await end(first.caller);
    while ((await people()).length === 0) await pause(50);
    expect(await people()).toMatchObject([
      { person_id: 'p-1', name: NAME, samples: 1, model: 'http:bands-1', dimension: 48 },
    ]);

    const learnedBy = service.requests;
    const other = await call(OTHER_CUSTOMER);
    await service.requested(learnedBy + 1);
    await end(other.caller);
    expect(suggestions(other.caller)).toEqual([]);
    expect(other.caller.transcript.map(({ person_id }) => person_id)).toEqual([null]);

    const again = await call(CUSTOMER);
    expect(await again.caller.next('speaker_label_suggestion')).toMatchObject({
      type: 'speaker_label_suggestion',
      speaker_id: 1,
      person_id: 'p-1',
      person_name: NAME,
      distance: expect.closeTo(0, 5),
      segments: [again.segment.id],
      segment_id: again.segment.id,
    });
    await again.caller.until(() => again.caller.transcript.every(({ person_id }) => person_id === 'p-1'));
    await end(again.caller);
    expect(service.complaints).toEqual([]);

    // Whoever is forgotten is not known any more.
    const forget = () => fetch(`${server.url}/api/v1/people/p-1`, { method: 'DELETE', headers });
    expect([(await forget()).status, (await forget()).status, await people()]).toEqual([204, 404, []]);
    const later = await call(CUSTOMER);
    await end(later.caller);
    expect(suggestions(later.caller)).toEqual([]);
  }, 60_000);

  it('is in no line of the log, nor are the service’s address and key', () => {
    const log = server.output.join('\n');
    expect(log).toContain(': learned');
    for (const secret of [NAME, SAID, EMBEDDER_KEY, 'secret-of-the-query', 'embedding":'])
      expect(log).not.toContain(secret);
  });

  it('is nobody’s business without a credential', async () => {
    for (const method of ['GET', 'DELETE'])
      expect((await fetch(`${server.url}/api/v1/people${method === 'GET' ? '' : '/p-1'}`, { method })).status).toBe(
        401,
      );
  });
});
