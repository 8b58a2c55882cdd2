import { describe, expect, it } from '@jest/globals';

interface Event {
  readonly type: string;
  readonly [field: string]: unknown;
}

interface Stage {
  readonly key: string;
  readonly startMs: number;
  readonly durationMs: number;
}

interface Entry {
  readonly kind: string;
  readonly text: string;
  readonly state?: string;
  readonly heardWords?: number;
}

/** The page's scripts are plain JavaScript: what is tested of them here, without a browser. */
interface ConsoleModules {
  transcript: {
    Transcript: new (
      elapsed: () => number,
      onChange: () => void,
    ) => { readonly entries: Entry[]; apply(event: Event): void; keyed(digit: string): void };
    splitHeard: (text: string, heardWords: number | undefined) => [string, string];
  };
  waterfall: {
    turnLatency: (metrics: Record<string, number>) => {
      stages: Stage[];
      totalMs: number | undefined;
      spoken: boolean;
      bargeInStopMs: number | undefined;
    };
    axisFor: (turns: unknown[]) => { endMs: number; ticks: number[] };
    medianVoiceToVoice: (turns: unknown[]) => number | undefined;
  };
}

async function load<K extends keyof ConsoleModules>(name: K): Promise<ConsoleModules[K]> {
  return (await import(new URL(`./console/${name}.js`, import.meta.url).href)) as ConsoleModules[K];
}

describe('transcript', () => {
  const spoken = (messageId: string, text: string): Event[] => [
    { type: 'text_stream_start', generation_id: 'gen_1', message_id: messageId, agent: 'concierge' },
    { type: 'text_chunk', message_id: messageId, text },
    { type: 'text_stream_stop', message_id: messageId, text },
  ];

  async function after(...events: Event[]): Promise<Entry[]> {
    const { Transcript } = await load('transcript');
    const transcript = new Transcript(
      () => 0,
      () => undefined,
    );
    for (const event of events) transcript.apply(event);
    return transcript.entries;
  }

  it('replaces what it hears word by word, and removes what was a noise', async () => {
    const update = { type: 'transcription_update', turn_id: 'turn_1', text: 'what' };
    const finished = { type: 'transcription_finished', turn_id: 'turn_1', rejected: false, confidence: 1 };
    expect(await after(update, { ...finished, text: 'what is it' })).toMatchObject([
      { text: 'what is it', state: 'done' },
    ]);
    expect(await after(update, { ...finished, text: '' })).toEqual([]);
    expect(await after(update, { ...finished, text: 'so', rejected: true })).toMatchObject([{ state: 'rejected' }]);
  });

  it('marks what was not heard over all messages of an answer, and takes it back when the agent goes on', async () => {
    const said = [...spoken('m1', 'One moment, please.'), ...spoken('m2', 'Your account has $ 5.')];
    const started = { type: 'audio_stream_start', generation_id: 'gen_1' };
    const cleared = { type: 'audio_clear', generation_id: 'gen_1', heard_text: 'One moment, please. Your account' };
    const heardWords = (entries: Entry[]): unknown[] => entries.map((entry) => entry.heardWords);
    expect(heardWords(await after(...said, started, cleared))).toEqual([undefined, 2]);
    expect(heardWords(await after(...said, started, cleared, started))).toEqual([undefined, undefined]);
  });

  it('marks everything when an answer was stopped before it sounded', async () => {
    const complete = { type: 'generation_complete', generation_id: 'gen_1', outcome: 'interrupted' };
    expect(await after(...spoken('m1', 'Hello there.'), complete)).toMatchObject([{ heardWords: 0 }]);
  });

  it.each([
    ['one two three', undefined, 'one two three', ''],
    ['one two three', 2, 'one two', ' three'],
    ['  one  two', 0, '', '  one  two'],
    ['one', 9, 'one', ''],
  ])('splits %p after %p words', async (text, words, heard, unheard) => {
    const { splitHeard } = await load('transcript');
    expect(splitHeard(text, words)).toEqual([heard, unheard]);
  });
});

describe('waterfall', () => {
  const spokenTurn = {
    endpointing_ms: 500,
    stt_final_ms: 20,
    llm_first_token_ms: 100,
    llm_first_sentence_ms: 25,
    tts_first_byte_ms: 50,
    voice_to_voice_ms: 700,
  };

  it('puts the stages one after the other, and what is left before the synthesiser', async () => {
    const { turnLatency } = await load('waterfall');
    const { stages, totalMs, spoken } = turnLatency(spokenTurn);
    expect(stages.map(({ key, startMs, durationMs }) => [key, startMs, durationMs])).toEqual([
      ['endpointing', 0, 500],
      ['stt', 500, 20],
      ['llm', 520, 100],
      ['between', 620, 30],
      ['tts', 650, 50],
    ]);
    expect([totalMs, spoken]).toEqual([700, true]);
  });

  it('has no total for an answer that never sounded, and another kind of total for one to a typed turn', async () => {
    const { turnLatency } = await load('waterfall');
    expect(turnLatency({})).toMatchObject({ stages: [], totalMs: undefined, spoken: false });
    const typed = { llm_first_token_ms: 5, llm_first_sentence_ms: 10, tts_first_byte_ms: 20 };
    expect(turnLatency(typed)).toMatchObject({ totalMs: 35, spoken: false });
    expect(turnLatency(typed).stages.map(({ startMs }) => startMs)).toEqual([0, 5, 15]);
  });

  it('chooses a round axis that holds the longest turn', async () => {
    const { turnLatency, axisFor } = await load('waterfall');
    expect(axisFor([turnLatency(spokenTurn)])).toEqual({ endMs: 800, ticks: [0, 200, 400, 600, 800] });
    expect(axisFor([])).toEqual({ endMs: 50, ticks: [0, 50] });
  });

  it('takes the median of the spoken turns only', async () => {
    const { turnLatency, medianVoiceToVoice } = await load('waterfall');
    const turns = [700, 800, 1500].map((voice_to_voice_ms) => turnLatency({ voice_to_voice_ms }));
    expect(medianVoiceToVoice([...turns, turnLatency({ llm_first_token_ms: 1, tts_first_byte_ms: 1 })])).toBe(800);
    expect(medianVoiceToVoice([])).toBeUndefined();
  });
});
