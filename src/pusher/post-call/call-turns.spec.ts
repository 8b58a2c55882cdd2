import { describe, expect, it } from '@jest/globals';
import type { ConversationEntry, ConversationRecord } from '../../services/conversations/conversation-record.js';
import { measuresOf } from './call-measures.js';
import { turnsOf } from './call-turns.js';

const caller = (at_ms: number, text: string, source: 'voice' | 'text' = 'voice'): ConversationEntry => ({
  id: `c${at_ms}`,
  at_ms,
  role: 'caller',
  source,
  text,
  rejected: false,
});
const agent = (at_ms: number, text: string, outcome: 'completed' | 'interrupted' = 'completed'): ConversationEntry => ({
  id: `a${at_ms}`,
  at_ms,
  role: 'agent',
  agent: 'concierge',
  text,
  outcome,
});
const measured = (...entries: ConversationEntry[]) =>
  measuresOf(turnsOf({ entries } as unknown as ConversationRecord), 0);

describe('who spoke when in a call with an agent of ours', () => {
  it('goes by when the agent began and the caller had finished', () => {
    // Ten words each: 3.7 s.
    const ten = 'one two three four five six seven eight nine ten';
    expect(measured(agent(0, ten), caller(9000, ten), agent(9001, ten))).toMatchObject({
      agent_talk_ms: 7400,
      customer_talk_ms: 3700,
      interruptions: { agent: 0, customer: 0 },
    });
  });

  it('has nobody speak before what was said last, and typing take no time', () => {
    expect(measured(agent(1000, 'Yes?'), caller(1500, 'what is my balance please'))).toMatchObject({
      agent_talk_ms: 0,
      customer_talk_ms: 500,
      interruptions: { agent: 0, customer: 0 },
    });
    expect(measured(caller(4000, 'what is my balance', 'text'), agent(4001, 'Ten.'))).toMatchObject({
      agent_talk_ms: 370,
      customer_talk_ms: 0,
    });
  });

  it('has a caller cut in where an answer was interrupted', () => {
    const long = agent(0, 'Your balance is ten euros and your other', 'interrupted');
    expect(measured(long, caller(3000, 'stop please'))).toMatchObject({
      customer_talk_ms: 740,
      interruptions: { agent: 0, customer: 1 },
    });
  });
});
