import { describe, expect, it } from '@jest/globals';

/** The page's scripts are plain JavaScript: what is tested of them here, without a browser. */
async function script<T>(name: string): Promise<T> {
  return (await import(new URL(`./console/${name}`, import.meta.url).href)) as T;
}

const { answersOf } = await script<{ answersOf: (conversation: unknown) => { label: string; metrics: object }[] }>(
  'stored-latency.js',
);
const { providerRows, backlogRows } = await script<{
  providerRows: (
    providers: unknown,
  ) => { kind: string; name: string; state: string; alert: boolean; problem: string }[];
  backlogRows: (backlog: unknown, jobs: unknown) => { name: string; value: string; alert: boolean }[];
}>('dependencies-panel.js');
const { eventsIn } = await script<{
  eventsIn: (body: ReadableStream<Uint8Array>) => AsyncIterable<{ event: string; data: unknown }>;
}>('live-follow.js');
const { wordsForNone } = await script<{ wordsForNone: (state: object) => string }>('session-list.js');
const { reloadedWords } = await script<{ reloadedWords: (reloaded: unknown) => string }>('agents-panel.js');

describe('answers of a kept call', () => {
  it('are those that were measured, each with what it answers', () => {
    const agent = { role: 'agent', agent: 'desk', outcome: 'completed' };
    const entries = [
      { ...agent, id: 'g1', at_ms: 0, text: 'Hello.', latency: { tts_first_byte_ms: 5 } },
      // It began before the tool's result came, and stands behind it.
      { ...agent, id: 'g2', at_ms: 2000, text: 'One moment.', latency: { voice_to_voice_ms: 700 } },
      { role: 'caller', id: 't1', at_ms: 1000, text: 'my balance' },
      { role: 'tool', id: 'c1', at_ms: 2000, tool: 'look_up', ok: true },
      { ...agent, id: 'g2b', at_ms: 2000, text: 'It is one.' },
      { role: 'caller', id: 't2', at_ms: 3000, text: '' },
      { ...agent, id: 'g3', at_ms: 4000, text: 'Sorry?', latency: { voice_to_voice_ms: 900 } },
    ];
    expect(answersOf({ entries }).map(({ label, metrics }) => [label, metrics])).toEqual([
      ['Hello.', { tts_first_byte_ms: 5 }],
      ['my balance', { voice_to_voice_ms: 700 }],
      ['…', { voice_to_voice_ms: 900 }],
    ]);
  });
});

describe('providers', () => {
  it('are shown in the order in which they are asked, with what is wrong', () => {
    const rows = providerRows({
      models: [{ name: 'azure:gpt', state: 'half_open' }],
      stt: [
        { provider: 'azure', state: 'open', retry_in_ms: 4200, last_error: 'no answer' },
        { provider: 'embedded', state: 'closed' },
      ],
      tts: [],
      tool_servers: { crm: { status: 'healthy', tools_count: 3 }, geo: { status: 'unhealthy', error: 'gone' } },
    });
    expect(rows).toEqual([
      { kind: 'Model', name: 'azure:gpt', state: 'on trial', alert: true, problem: '' },
      { kind: 'Recognition', name: 'azure', state: 'left alone, 4200 ms more', alert: true, problem: 'no answer' },
      { kind: 'Recognition', name: 'embedded', state: 'in use', alert: false, problem: '' },
      { kind: 'Tools', name: 'crm', state: '3 tools', alert: false, problem: '' },
      { kind: 'Tools', name: 'geo', state: 'away', alert: true, problem: 'gone' },
    ]);
  });
});

describe('what waits', () => {
  const pusher = {
    breaker: 'closed',
    links: { connected: 1, reconnect_backoff: 0, degraded: 0, half_open_probe: 0 },
    pending_requests: 0,
    oldest_request_ms: 0,
    audio_bytes: 0,
    lost_audio_ms: 0,
  };
  const alerts = (backlog: object, jobs?: object): string[] =>
    backlogRows({ pusher, conversations_waiting: 0, recordings_waiting: 0, ...backlog }, jobs)
      .filter(({ alert }) => alert)
      .map(({ name, value }) => `${name}: ${value}`);

  it('is nothing to worry about as long as it moves', () => {
    expect(alerts({}, { waiting: 3, oldest_ms: 100, running: 1, dead: 0 })).toEqual([]);
  });

  it('is, when the pusher is away, something is lost, or was given up', () => {
    const links = { ...pusher.links, connected: 0, degraded: 2 };
    const away = {
      ...pusher,
      breaker: 'open',
      links,
      pending_requests: 4,
      oldest_request_ms: 90_000,
      lost_audio_ms: 2000,
    };
    expect(alerts({ pusher: away }, { waiting: 0, oldest_ms: 0, running: 0, dead: 1 })).toEqual([
      'Links to the pusher: 2 away',
      'To be handed over: 4, for 1:30',
      'Audio that was lost: 2.0 s',
      'Given up: 1',
    ]);
  });
});

describe('events that come in pieces', () => {
  it('are put together, without the signs of life between them', async () => {
    const text = ': quiet\n\nevent: said\ndata: {"entries":["a: b"],"agent":"dé"}\n\nevent: over\ndata: {}\n\n';
    const bytes = new TextEncoder().encode(text);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const events: unknown[] = [];
    for await (const event of eventsIn(body)) events.push(event);
    expect(events).toEqual([
      { event: 'said', data: { entries: ['a: b'], agent: 'dé' } },
      { event: 'over', data: {} },
    ]);
  });
});

describe('agents that were read again', () => {
  it('are told with what is new and what is gone', () => {
    const reloaded = {
      agents: ['a', 'b'],
      added: ['fraud_desk'],
      removed: ['old_desk'],
      replica: 'one',
      version: '1f0c',
    };
    expect(reloadedWords(reloaded)).toBe(
      '2 agents were read again on one (version 1f0c); new: Fraud desk; gone: Old desk. Calls that go on keep theirs.',
    );
  });
});

describe('a list of sessions that is empty', () => {
  it.each([
    [{}, 'Nobody is speaking just now.'],
    [{ forbidden: true }, 'This needs the role "operator".'],
    [{ unauthorized: true }, 'Give an access token to see who is speaking.'],
    [{ unauthorized: true, limited: true }, 'Too many attempts from this address; this page tries again.'],
  ])('says why: %j', (state, words) => {
    expect(wordsForNone(state)).toBe(words);
  });
});
