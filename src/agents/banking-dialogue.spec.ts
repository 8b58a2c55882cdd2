import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { Aborted } from '../kernel/abort.js';
import { CONFIRMATION } from '../llm/dialogue-spec.js';
import type { Tool } from '../tools/tool.js';
import { ShippedAgents } from './testing/shipped-agents.js';
import type { TextConversation, TextReply } from './testing/text-conversation.js';

let agents: ShippedAgents;
let call: TextConversation;

beforeEach(() => ready(new ShippedAgents()));
afterEach(() => agents.close());

function ready(shipped: ShippedAgents): void {
  agents = shipped;
  call = agents.call();
}

/** The last reply to these words, one turn after the other. */
async function say(...words: string[]): Promise<TextReply> {
  let reply: TextReply | undefined;
  for (const word of words) reply = await call.say(word);
  return reply!;
}

const verified = ['four two four two', 'one two three four'];
const named = (reply: TextReply): string[] => reply.calls.map(({ name }) => name);
const argumentsOf = (reply: TextReply, index = 0): unknown => JSON.parse(reply.calls[index]!.arguments);

function broken(name: string, run: Tool['run']): Tool {
  return { name, description: 'Broken.', parameters: z.looseObject({}), timeoutMs: 5000, interruptible: true, run };
}

describe('a balance', () => {
  it('is told after the caller has been verified', async () => {
    expect(await say('what is my balance')).toMatchObject({ calls: [], expecting: ['card_last4'] });
    expect(await say('four two four two')).toMatchObject({ calls: [], expecting: ['pin'] });
    const reply = await say('one two three four');
    expect(named(reply)).toEqual(['verify_caller', 'get_balance']);
    expect(argumentsOf(reply)).toEqual({ card_last4: '4242', pin: '1234' });
    expect(reply.said).toContain('Thank you, Alice. Your checking account has $1,245.60');
    expect(reply.expecting).toEqual([CONFIRMATION]);
  });

  it('needs no second verification in the same call', async () => {
    await say('what is my balance', ...verified);
    const reply = await say('show me my recent transactions');
    expect(named(reply)).toEqual(['list_recent_transactions']);
    expect(reply.said).toContain('$389.99 at Sunset Electronics, on March 15');
  });

  it('takes card and PIN from one sentence, and keyed digits as well', async () => {
    expect(named(await say('what is my balance, my card ends in 4242 and my PIN is 1234'))).toEqual([
      'verify_caller',
      'get_balance',
    ]);
    call = agents.call();
    expect(named(await say('balance', '4242#', '1234#'))).toEqual(['verify_caller', 'get_balance']);
  });

  it('goes on where the caller paused in the middle of a number', async () => {
    const piece = await say('what is my balance', 'four two');
    expect(piece).toMatchObject({ said: 'I have 4 2 so far. Please go on.', expecting: ['card_last4'] });
    expect(await say('double four')).toMatchObject({ expecting: ['pin'] });
    expect(argumentsOf(await say('one two three four'))).toMatchObject({ card_last4: '4244' });
  });
});

describe('a stolen card', () => {
  it('is blocked by the fraud desk, after a clear yes', async () => {
    const arrival = await say('my card was stolen');
    expect(arrival).toMatchObject({ agent: 'fraud_desk', expecting: ['card_last4'] });
    expect(arrival.said).toContain('This is the fraud desk.');
    const question = await say(...verified);
    expect(question.said).toContain('I will block the card ending in 4 2 4 2 for good. Is that right?');
    expect(question).toMatchObject({ expecting: [CONFIRMATION, 'card_last4'] });
    expect(named(question)).toEqual(['verify_caller']);

    const done = await say('yes please');
    expect(argumentsOf(done)).toEqual({ card_last4: '4242', reason: 'stolen' });
    expect(done.said).toContain('ending in 4 2 4 2 is blocked');
    expect(agents.bank.cards('100241').find(({ last4 }) => last4 === '4242')).toMatchObject({ blocked: true });

    expect(await say('no thank you')).toMatchObject({
      effects: [{ type: 'end' }],
      said: expect.stringContaining('Goodbye'),
    });
  });

  it('is not blocked after a no, nor after something unclear', async () => {
    expect(named(await say('my card was stolen', ...verified))).toEqual(['verify_caller']);
    expect(await say('purple elephants')).toMatchObject({ calls: [], expecting: [CONFIRMATION, 'card_last4'] });
    expect(await say('no')).toMatchObject({ calls: [], said: 'All right, I have not blocked it.' });
    expect(agents.bank.cards('100241').some(({ blocked }) => blocked)).toBe(false);
  });

  it('takes another card when the caller corrects the number', async () => {
    await say('my card was stolen', ...verified);
    expect((await say('no, eight three six one')).said).toContain('8 3 6 1');
    expect(argumentsOf(await say('yes'))).toMatchObject({ card_last4: '8361' });
  });

  it.each([
    'of course not',
    'certainly not',
    'not okay',
    'i am not sure',
    'absolutely nothing',
    'okay cancel',
    'okay stop',
    'yes? I did not get that',
    'yes?',
    'is that right',
    'that is right but hold on',
    'exactly what do you mean',
    'right now I am busy',
    'yes I would rather keep it',
    'yep, the other one instead',
    'no problem go ahead',
    'yes four two four three',
    'right, what is my balance',
  ])('is not blocked on "%s"', async (words) => {
    await say('my card was stolen', ...verified);
    const reply = await say(words);
    expect(named(reply)).not.toContain('block_card');
  });

  it.each([
    'yes',
    'yes please',
    "that's right",
    'yeah go ahead',
    'correct',
    'of course',
    'sure',
    'okay',
    'yes block it',
    'yes four two four two',
    'um yes thank you',
  ])('is blocked on "%s"', async (words) => {
    await say('my card was stolen', ...verified);
    expect(named(await say(words))).toContain('block_card');
  });

  it.each(['of course not', 'certainly not', 'not okay', 'absolutely nothing'])('is dropped on "%s"', async (words) => {
    await say('my card was stolen', ...verified);
    expect((await say(words)).said).toContain('I have not blocked it');
  });

  it.each(['i am not sure', 'yes?', 'exactly what do you mean', 'no problem go ahead'])(
    'is asked about again on "%s"',
    async (words) => {
      await say('my card was stolen', ...verified);
      expect((await say(words)).said).toContain('Shall I block the card ending in 4 2 4 2? Please say yes or no.');
    },
  );

  it('hands back to the front desk for a balance, without asking for the PIN again', async () => {
    await say('my card was stolen', ...verified, 'yes');
    const reply = await say('what is my balance');
    expect(named(reply)).toEqual(['handoff_to_agent', 'get_balance']);
    expect(reply).toMatchObject({ agent: 'concierge', said: expect.stringContaining('$1,245.60') });
  });

  it('can be reported to card services, too', async () => {
    expect(await say('block my card')).toMatchObject({ agent: 'card_services', expecting: ['card_last4'] });
    expect(await say('actually my card was stolen')).toMatchObject({ agent: 'fraud_desk', expecting: ['card_last4'] });
  });
});

describe('an unknown charge', () => {
  it('is found by its amount and gets a case number', async () => {
    await say('i do not recognise a charge', ...verified);
    expect((await say('three hundred eighty nine dollars and ninety nine cents')).said).toBe(
      'You want to report a charge of $389.99. Is that right?',
    );
    expect((await say('yes')).said).toContain('at Sunset Electronics, on March 15');
  });

  it('is asked for again when there is none of that amount', async () => {
    await say('i do not recognise a charge', ...verified, 'twelve dollars');
    const reply = await say('yes');
    expect(reply.said).toContain('I cannot find a charge of that amount.');
    expect(reply.expecting).toEqual(['charge_amount']);
  });
});

describe('a wrong PIN', () => {
  it('ends with a person after three tries', async () => {
    const wrong = ['four two four two', 'nine nine nine nine'];
    await say('what is my balance');
    expect((await say(...wrong)).said).toContain('do not match our records');
    expect((await say(...wrong)).said).toContain('one more try');
    const last = await say(...wrong);
    expect(named(last)).toEqual(['verify_caller', 'transfer_to_human']);
    expect(last.effects).toEqual([expect.objectContaining({ type: 'transfer', target: 'customer_service' })]);
  });

  it('is forgotten once it was used', async () => {
    await say('what is my balance', ...verified);
    expect(JSON.stringify(call.memory)).not.toContain('1234');
  });
});

describe('a caller who changes their mind', () => {
  it('corrects the slot before', async () => {
    await say('what is my balance', 'four two four three');
    expect(await say('no, four two four two')).toMatchObject({ expecting: ['pin'] });
    expect(argumentsOf(await say('one two three four'))).toEqual({ card_last4: '4242', pin: '1234' });
  });

  it('drops the task', async () => {
    expect(await say('what is my balance', 'never mind')).toMatchObject({ expecting: [], calls: [] });
    expect(await say('four two four two')).toMatchObject({
      said: expect.stringContaining('not understand'),
      calls: [],
    });
  });

  it('asks something else in between, and is led back', async () => {
    const aside = await say('what is my balance', 'four two four two', 'when are you open');
    expect(aside.said).toMatch(/from nine to five.*Please say your four digit telephone PIN/);
    expect(aside.expecting).toEqual(['pin']);
    expect(named(await say('one two three four'))).toEqual(['verify_caller', 'get_balance']);
  });

  it('gets the second task first, then the one that waited', async () => {
    await say('what is my balance');
    const reply = await say('what are my recent transactions', ...verified);
    expect(named(reply)).toEqual(['verify_caller', 'list_recent_transactions', 'get_balance']);
    expect(reply.said).toMatch(/Green Valley Market.*back to your balance.*\$1,245\.60/);
  });

  it('says no to one thing and asks for another', async () => {
    await say('block my card', ...verified);
    expect(await say('no, my card was stolen')).toMatchObject({ agent: 'fraud_desk' });
  });
});

describe('small talk and commands', () => {
  it('repeats what was said, and keeps waiting for the same answer', async () => {
    const question = await say('what is my balance');
    expect(await say('could you repeat that please')).toMatchObject({ said: question.said, expecting: ['card_last4'] });
  });

  it.each([
    ['hello', 'What can I do for you?'],
    ['what can you do', 'You can ask me about your balance, your recent transactions'],
    ['thank you very much', 'You are welcome.'],
    ['are you a robot', 'automated assistant'],
    ['stop', 'All right. I am listening.'],
    ['yes', 'Sure. What is it?'],
    ['no', 'What can I do for you?'],
  ])('%s', async (words, answer) => {
    expect(await say(words)).toMatchObject({ calls: [], said: expect.stringContaining(answer) });
  });

  it.each([
    ['goodbye', 'end'],
    ['speak to a person please', 'transfer'],
  ])('%s leads to %s', async (words, effect) => {
    const reply = await say(words);
    expect(reply.effects).toEqual([expect.objectContaining({ type: effect })]);
    expect(reply.said).not.toBe('');
  });

  it('still knows that it asked for more after a thank you', async () => {
    await say('what is my balance', ...verified, 'thanks');
    expect((await say('no')).effects).toEqual([expect.objectContaining({ type: 'end' })]);
  });
});

describe('speech that was not understood', () => {
  it('is asked for again in other words, and a person is offered the third time', async () => {
    const first = await call.mumble();
    const second = await say('wibble wobble');
    const third = await call.mumble();
    expect(new Set([first.said, second.said, third.said]).size).toBe(3);
    expect(third).toMatchObject({ said: expect.stringContaining('speak to a person?'), expecting: [CONFIRMATION] });
    expect((await say('yes')).effects).toEqual([expect.objectContaining({ type: 'transfer' })]);
  });

  it('leads back to the task when the caller wants no person', async () => {
    await say('what is my balance', 'wibble', 'wobble', 'wubble');
    expect(await say('no')).toMatchObject({
      said: expect.stringContaining('back to your balance'),
      expecting: ['card_last4'],
    });
  });

  it('counts anew after something that was understood', async () => {
    await say('wibble', 'wobble', 'what can you do');
    expect((await say('wibble')).said).toBe('I am sorry, I did not understand that.');
  });
});

describe('a tool that fails', () => {
  it('is apologised for, with what to do next', async () => {
    agents.close();
    ready(new ShippedAgents([broken('get_balance', () => Promise.reject(new Error('The ledger is closed')))]));
    const reply = await say('what is my balance', ...verified);
    expect(reply.results[1]).toEqual({ error: '"get_balance" failed. Go on without its result.', code: 'tool_failed' });
    expect(reply.said).toContain('that is not working at the moment');
    expect((await say('when are you open')).said).toContain('from nine to five');
  });

  it('is given up after its time', async () => {
    agents.close();
    ready(new ShippedAgents([broken('get_balance', () => new Promise(() => undefined))]));
    await say('what is my balance', 'four two four two');
    const reply = call.say('one two three four');
    await agents.clock.advance(5000);
    expect(await reply).toMatchObject({
      results: [{ verified: true }, { code: 'timeout', error: '"get_balance" did not answer within 5.00 s.' }],
      said: expect.stringContaining('not working at the moment'),
    });
    expect(agents.clock.pending).toBe(0);
  });

  it('says what the file says about it: a card that cannot be blocked goes to a person', async () => {
    agents.close();
    ready(new ShippedAgents([broken('block_card', () => Promise.reject(new Error('down')))]));
    expect((await say('my card was stolen', ...verified, 'yes')).effects).toContainEqual(
      expect.objectContaining({ type: 'transfer', target: 'fraud_team' }),
    );
  });
});

describe('an interruption', () => {
  it('while a tool runs leaves the task to be done', async () => {
    agents.close();
    const controller = new AbortController();
    const waiting: Tool = {
      name: 'get_balance',
      description: 'Waits.',
      parameters: z.strictObject({}),
      timeoutMs: 5000,
      interruptible: true,
      run: async () => {
        controller.abort(new Aborted('barge_in'));
        return { result: { accounts: [{ kind: 'checking', balance: 1 }] } };
      },
    };
    ready(new ShippedAgents([waiting]));
    await say('what is my balance', 'four two four two');
    await expect(call.say('one two three four', controller.signal)).rejects.toMatchObject({ kind: 'barge_in' });
    const reply = await say('when are you open');
    expect(reply.said).toContain('from nine to five');
    expect(named(reply)).toEqual(['get_balance']);
  });
});
