import type { SessionEvent } from '../conversation/session-events.js';

/** One thing the caller says in the demonstration, and what has to come of it. */
export interface DemoStep {
  /** Which recording: `<caller>-<nn>-<what>.wav`. */
  readonly say: string;
  /** Cuts in this long after the agent has begun to speak, instead of waiting for it to finish. */
  readonly cutInAfterMs?: number;
  /** What must have happened until the agent has finished, by name. */
  readonly expect: Readonly<Record<string, (event: SessionEvent) => boolean>>;
}

export interface DemoCall {
  readonly caller: string;
  readonly about: string;
  readonly steps: readonly DemoStep[];
}

const says =
  (words: RegExp) =>
  (event: SessionEvent): boolean =>
    event.type === 'text_stream_stop' && words.test(event.text);
const tool =
  (name: string) =>
  (event: SessionEvent): boolean =>
    event.type === 'tool_end' && event.tool === name && event.ok;
const handoffTo =
  (agent: string) =>
  (event: SessionEvent): boolean =>
    event.type === 'handoff' && event.to === agent;

const verification: readonly DemoStep[] = [
  { say: 'digits', expect: { 'the agent asks for the PIN': says(/PIN/) } },
  { say: 'pin', expect: { 'the caller is verified': tool('verify_caller') } },
];

export const demoCalls: readonly DemoCall[] = [
  {
    caller: 'alan',
    about: 'a telephone line: asks for the balance, cuts in, has a stolen card blocked',
    steps: [
      { say: 'balance', expect: { 'the agent asks for the card': says(/four digits/) } },
      verification[0]!,
      { say: 'pin', cutInAfterMs: 0, expect: {} },
      {
        say: 'stolen',
        cutInAfterMs: 4500,
        expect: {
          'the caller is verified': tool('verify_caller'),
          'the agent falls silent': (event) => event.type === 'audio_clear',
          'the answer is cut off': (event) => event.type === 'generation_complete' && event.outcome === 'interrupted',
          'the fraud desk takes over': handoffTo('fraud_desk'),
        },
      },
      { say: 'yes', expect: { 'the card is blocked': tool('block_card') } },
      { say: 'goodbye', expect: { 'the call is ended by the agent': tool('end_call') } },
    ],
  },
  {
    caller: 'noel',
    about: 'a noisy line: is not understood at first, then hears the balance',
    steps: [
      {
        say: 'weather',
        expect: {
          'what is not in the grammar is not acted upon': (event) =>
            event.type === 'transcription_finished' && event.rejected,
        },
      },
      { say: 'balance', expect: { 'the agent asks for the card': says(/four digits/) } },
      ...verification.slice(0, 1),
      { say: 'pin', expect: { 'the balance is told': tool('get_balance') } },
    ],
  },
  {
    caller: 'sam',
    about: 'a browser at 16 kHz: wants a person',
    steps: [{ say: 'person', expect: { 'a person is called': tool('transfer_to_human') } }],
  },
];
