import { describe, expect, it } from '@jest/globals';

interface Line {
  readonly key: string;
  readonly kind: string;
  readonly conversation: number;
  readonly at: number;
  readonly text?: string;
  readonly segment?: { readonly id: string; readonly text: string };
  readonly gap?: { readonly start: number; readonly end: number; readonly sources: string[] };
  readonly about?: { readonly status: string; readonly title: string };
}

interface Said {
  readonly key: string;
  readonly kind: string;
  readonly side: string;
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly text: string;
  readonly tag: string;
}

interface ListenTranscript {
  readonly lines: Map<string, Line>;
  readonly people: Map<string, string>;
  readonly suggestions: { readonly speakerId: number; readonly name: string }[];
  readonly conversations: { readonly id: string; readonly status: string; readonly title: string }[];
  apply(message: unknown): void;
  saidBy(speakerId: number): string[];
  notice(text: string): void;
}

/** The page's scripts are plain JavaScript: what is tested of them here, without a browser. */
interface ConsoleModules {
  'listen-transcript': {
    ListenTranscript: new (onLine: (change: string, line: Line) => void, onState: () => void) => ListenTranscript;
  };
  'segment-rows': {
    speakerName: (segment: unknown, channels: number, name: string | undefined) => string;
    gapText: (gap: unknown) => string;
  };
  talk: {
    talkOf: (conversation: unknown) => Said[];
    durationOf: (conversation: unknown, nowMs: number) => number;
    measureRows: (measures: unknown) => [string, string][];
  };
  lanes: {
    blocksOf: (said: Said[], seconds: number) => { key: string; lane: string; left: number; width: number }[];
    heardAt: (said: Said[], seconds: number) => Set<string>;
    sideChannels: (side: string, kind: string) => number[][];
  };
}

async function load<K extends keyof ConsoleModules>(name: K): Promise<ConsoleModules[K]> {
  return (await import(new URL(`./console/${name}.js`, import.meta.url).href)) as ConsoleModules[K];
}

const segment = (id: string, text: string, start: number, more: object = {}) => ({
  id,
  text,
  speaker: 'SPEAKER_01',
  speaker_id: 1,
  is_user: false,
  person_id: null,
  start,
  end: start + 1,
  ...more,
});
const session = (conversation_id: string, status = 'in_progress') => ({
  type: 'conversation_session',
  conversation_id,
  status,
});
const dropped = (source: string, from_ms: number, to_ms: number, more: object = {}) => ({
  type: 'audio_dropped',
  source,
  of: 'audio',
  from_ms,
  to_ms,
  reason: 'queue_full',
  ...more,
});

describe('what is heard', () => {
  async function after(...messages: unknown[]) {
    const { ListenTranscript } = await load('listen-transcript');
    const changes: string[] = [];
    const transcript = new ListenTranscript(
      (change, { key }) => changes.push(`${change} ${key}`),
      () => undefined,
    );
    for (const message of messages) transcript.apply(message);
    return { transcript, changes, lines: [...transcript.lines.values()] };
  }

  it('changes in place, and goes when it has become part of something else', async () => {
    const { lines, changes } = await after(
      session('a'),
      [segment('1', 'I will', 0), segment('2', 'your card', 5)],
      [segment('1', 'I will block your card', 0)],
      { type: 'segments_deleted', segment_ids: ['2', 'unknown'] },
    );
    expect(lines.map((line) => line.segment?.text)).toEqual(['I will block your card']);
    expect(changes).toEqual(['set 1', 'set 2', 'set 1', 'removed 2']);
  });

  it('belongs to the conversation it was said in', async () => {
    const { lines, transcript } = await after(
      session('a'),
      [segment('1', 'one', 100)],
      session('b'),
      session('a', 'processing'),
      [segment('2', 'two', 0)],
      { type: 'memory_created', memory: { id: 'a', structured: { title: 'One', overview: 'It was one.' } } },
      { type: 'memory_created', memory: { id: 'unknown', structured: { title: '', overview: '' } } },
    );
    expect(lines.map(({ kind, conversation }) => [kind, conversation])).toEqual([
      ['segment', 0],
      ['begun', 1],
      ['over', 0],
      ['segment', 1],
    ]);
    expect(lines.find(({ kind }) => kind === 'over')?.about).toMatchObject({ status: 'completed', title: 'One' });
    expect(transcript.conversations.map(({ id, status }) => [id, status])).toEqual([
      ['a', 'completed'],
      ['b', 'in_progress'],
    ]);
    expect(transcript.saidBy(1)).toEqual(['2']);
  });

  it('goes on in the same conversation when the connection has come back', async () => {
    const again = [session('a'), [segment('1', 'one', 0)]];
    const { lines, transcript } = await after(...again, ...again);
    expect(lines).toHaveLength(1);
    expect(transcript.conversations).toHaveLength(1);
  });

  it('has marks where something is missing, one for what belongs together', async () => {
    const { lines } = await after(
      session('a'),
      dropped('mic', 1000, 1500),
      dropped('mic', 1500, 2500),
      dropped('system', 1100, 2500),
      dropped('mic', 9000, 9500),
      dropped('mic', 9000, 9500, { of: 'recording' }),
    );
    expect(lines.map(({ gap, at }) => [at, gap?.end, gap?.sources])).toEqual([
      [1, 2.5, ['mic', 'system']],
      [9, 9.5, ['mic']],
      [9, 9.5, ['mic']],
    ]);
  });

  it('has the names of those who are known, also in what they said before', async () => {
    const suggestion = (name: string) => ({
      type: 'speaker_label_suggestion',
      speaker_id: 1,
      person_id: 'p1',
      person_name: name,
      distance: 0.2,
      segments: ['1'],
    });
    const { transcript, changes } = await after(
      session('a'),
      [segment('1', 'Hello', 0, { person_id: 'p1' })],
      suggestion('Ann'),
      suggestion('Anne'),
    );
    expect(transcript.people.get('p1')).toBe('Anne');
    expect(transcript.suggestions).toMatchObject([{ speakerId: 1, name: 'Anne' }]);
    expect(changes).toEqual(['set 1', 'set 1', 'set 1']);
    transcript.apply(session('b'));
    expect(transcript.suggestions).toEqual([]);
  });

  it('has what went wrong where it was', async () => {
    const error = { type: 'error', code: 'invalid_message', message: 'No', retryable: false };
    const status = (name: string) => ({ type: 'service_status', status: name, status_text: `It is ${name}` });
    const { lines } = await after(
      session('a'),
      status('ready'),
      [segment('1', 'Hello', 7)],
      error,
      { ...error, code: 'processing_failed', conversation_id: 'a' },
      status('stt_failed'),
    );
    expect(lines.map(({ kind, at, text }) => [kind, at, text])).toEqual([
      ['segment', 7, undefined],
      ['error', 8, 'No'],
      ['over', Infinity, undefined],
      ['notice', 8, 'It is stt_failed.'],
    ]);
  });

  it('is said by sides where there are two, and by numbers where there is one', async () => {
    const { speakerName } = await load('segment-rows');
    const names = [
      speakerName(segment('1', '', 0), 2, undefined),
      speakerName(segment('1', '', 0, { is_user: true }), 2, undefined),
      speakerName(segment('1', '', 0), 1, undefined),
      speakerName(segment('1', '', 0, { speaker_id: 0 }), 1, undefined),
      speakerName(segment('1', '', 0, { person_id: 'p1' }), 2, 'Ann'),
      speakerName(segment('1', '', 0, { person_id: '0123456789' }), 2, undefined),
    ];
    expect(names).toEqual(['Customer', 'Agent', 'Speaker 1', 'Speaker', 'Ann', 'Person 01234567']);
  });

  it('says what is missing in words', async () => {
    const { gapText } = await load('segment-rows');
    const gap = { start: 1, end: 3.5, of: 'recording', reason: 'queue_full', sources: ['mic'] };
    expect(gapText(gap)).toBe('2.5 s of our side were not recorded: it came faster than it could be heard');
    expect(gapText({ ...gap, of: 'audio', reason: 'paused' })).toBe('Paused for 2.5 s: nothing of it is kept');
    expect(gapText({ ...gap, of: 'transcript', reason: 'stt_failed', sources: ['mic', 'system'] })).toBe(
      '2.5 s were not understood: stt failed',
    );
  });
});

describe('a conversation that is kept', () => {
  const voice = {
    kind: 'voice',
    entries: [
      { id: 'g1', at_ms: 4000, role: 'agent', agent: 'fraud_desk', text: 'I am sorry.', outcome: 'interrupted' },
      { id: 't1', at_ms: 1000, role: 'caller', source: 'voice', text: 'my card was stolen', rejected: false },
      { id: 'x', at_ms: 3000, role: 'tool', agent: 'fraud_desk', tool: 'find_card', ok: false },
      { id: 't2', at_ms: 6000, role: 'caller', source: 'dtmf', text: '4 2', rejected: false },
      { id: 't3', at_ms: 7000, role: 'caller', source: 'voice', text: '', rejected: true },
    ],
  };

  it('with our agent is told in order of time', async () => {
    const { talkOf } = await load('talk');
    expect(talkOf(voice).map(({ kind, side, name, text, tag }) => [kind, side, name, text, tag])).toEqual([
      ['speech', 'customer', 'Caller', 'my card was stolen', ''],
      ['tool', 'agent', 'find_card', 'failed', ''],
      ['speech', 'agent', 'Fraud desk', 'I am sorry.', 'cut off'],
      ['speech', 'customer', 'Caller', '4 2', 'keypad'],
      ['speech', 'customer', 'Caller', '…', 'not understood'],
    ]);
  });

  it('that was listened to is told with names and gaps', async () => {
    const { talkOf } = await load('talk');
    const listened = {
      channels: 2,
      people: { p1: 'Ann' },
      segments: [segment('1', 'Hello', 0, { is_user: true, person_id: 'p1' }), segment('2', 'Hi', 3)],
      gaps: [{ start: 1, end: 2, of: 'audio', reason: 'disconnected' }],
    };
    const said = talkOf({ kind: 'listen', entries: [], listened });
    expect(said.map(({ kind, side, name, text }) => [kind, side, name, text])).toEqual([
      ['speech', 'agent', 'Ann', 'Hello'],
      ['gap', 'other', '', '1.0 s were not heard: the connection was lost'],
      ['speech', 'customer', 'Customer', 'Hi'],
    ]);
  });

  it('lies on two lanes, as far as the recording goes', async () => {
    const [{ talkOf }, { blocksOf, heardAt }] = await Promise.all([load('talk'), load('lanes')]);
    const said = talkOf(voice);
    const blocks = blocksOf(said, 6.5);
    expect(blocks.map(({ key, lane }) => [key, lane])).toEqual([
      ['t1 1000', 'customer'],
      ['g1 4000', 'agent'],
      ['t2 6000', 'customer'],
    ]);
    expect(blocks[0]!.left).toBeCloseTo(1 / 6.5);
    expect(blocks[2]!.left + blocks[2]!.width).toBeCloseTo(1);
    expect([...heardAt(said, 1.5)]).toEqual(['t1 1000']);
    expect([...heardAt(said, 3.1)]).toEqual([]);
    expect(blocksOf(said, 0)).toEqual([]);
  });

  it('is heard with one side in both ears: of our own calls the caller is left', async () => {
    const { sideChannels } = await load('lanes');
    const [left, right] = [
      [
        [1, 1],
        [0, 0],
      ],
      [
        [0, 0],
        [1, 1],
      ],
    ];
    expect(sideChannels('agent', 'listen')).toEqual(left);
    expect(sideChannels('customer', 'listen')).toEqual(right);
    expect(sideChannels('agent', 'voice')).toEqual(right);
    expect(sideChannels('customer', 'voice')).toEqual(left);
    expect(sideChannels('both', 'voice')).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  it('is as long as was measured, or by what is known until then', async () => {
    const { durationOf, measureRows } = await load('talk');
    const times = { started_at: '2026-11-21T12:00:00.000Z', updated_at: '2026-11-21T12:00:05.000Z' };
    const measures = {
      duration_ms: 4000,
      silence_ms: 1000,
      interruptions: { agent: 1, customer: 0 },
      words: 7,
    };
    const nowMs = Date.parse('2026-11-21T12:01:00.000Z');
    expect(durationOf({ ...times, status: 'in_progress' }, nowMs)).toBe(60_000);
    expect(durationOf({ ...times, status: 'processing' }, nowMs)).toBe(5000);
    expect(durationOf({ ...times, status: 'completed', insights: { measures } }, nowMs)).toBe(4000);
    expect(measureRows(measures)).toEqual([
      ['Duration', '4.0 s'],
      ['Silence', '1.0 s (25 %)'],
      ['Cut in', 'agent 1 ×, customer 0 ×'],
      ['Words', '7'],
    ]);
  });
});
