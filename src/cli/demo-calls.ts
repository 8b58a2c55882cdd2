import type { SessionEvent } from '../conversation/session-events.js';

/** One thing the caller says in the demonstration, and what has to come of it. */
export interface DemoStep {
  /** Which recording: `<caller>-<nn>-<what>.wav`. */
  readonly say: string;
  /** Cuts in this long after the agent has begun to speak, instead of waiting for it to finish. */
  readonly cutInAfterMs?: number;
  /** The call is over after this one. */
  readonly ends?: boolean;
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

export const demoCalls: readonly DemoCall[] = [
  {
    caller: 'alan',
    about: 'a telephone line: asks for the balance, cuts in, has a stolen card blocked',
    steps: [
      { say: 'balance', expect: { 'the agent asks for the card': says(/four digits/) } },
      { say: 'digits', expect: { 'the agent asks for the PIN': says(/PIN/) } },
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
      { say: 'goodbye', ends: true, expect: { 'the agent ends the call': tool('end_call') } },
    ],
  },
  {
    caller: 'noel',
    about: 'a noisy line: is not understood at first, then wants a person',
    steps: [
      {
        say: 'weather',
        expect: {
          'what nobody expects to hear is not acted upon': (event) =>
            event.type === 'transcription_finished' && event.rejected,
        },
      },
      { say: 'stolen', expect: { 'the fraud desk takes over': handoffTo('fraud_desk') } },
      { say: 'person', ends: true, expect: { 'a person is called': tool('transfer_to_human') } },
    ],
  },
  {
    caller: 'kay',
    about: 'a browser at 16 kHz: has a card blocked by card services',
    steps: [
      { say: 'block', expect: { 'card services take over': handoffTo('card_services') } },
      { say: 'digits', expect: { 'the agent asks for the PIN': says(/PIN/) } },
      { say: 'pin', expect: { 'the caller is verified': tool('verify_caller') } },
      {
        say: 'yes',
        expect: { 'the card is blocked': tool('block_card'), 'it was not blocked before': says(/Your .+ is blocked/) },
      },
      { say: 'goodbye', ends: true, expect: { 'the agent ends the call': tool('end_call') } },
    ],
  },
];
