import { beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ManualClock } from '../kernel/clock.js';
import { toolContext } from './testing/tool-context.js';
import type { Tool, ToolContext } from './tool.js';
import { ToolRegistry, type ToolRun } from './tool-registry.js';
import { NO_RULE, type ToolRule } from './tool-rule.js';

const ran: unknown[] = [];
const never = new AbortController().signal;
const parameters = z.strictObject({
  amount: z.unknown().optional(),
  account: z.string().optional(),
  note: z.string().default('none'),
});

function toolOf(over: Partial<Tool> = {}): Tool {
  return {
    name: 'refund',
    description: 'Pays money back.',
    parameters,
    timeoutMs: 1000,
    interruptible: true,
    run: (args) => Promise.resolve({ result: ran.push(args) }),
    ...over,
  };
}

class Session {
  readonly registry = new ToolRegistry(new ManualClock());
  readonly variables: Record<string, unknown> = {};
  private turn = 1;
  private text = 'hello';

  constructor(
    rule: Partial<ToolRule> = {},
    tool: Partial<Tool> = {},
    private readonly language = 'en-US',
  ) {
    this.rules = { refund: { ...NO_RULE, ...rule } };
    this.registry.register(toolOf(tool));
  }
  private readonly rules: Record<string, ToolRule>;

  says(text: string): this {
    this.turn++;
    this.text = text;
    return this;
  }

  context(tools: readonly string[] = ['refund']): ToolContext {
    const heard = { turn: `turn_${this.turn}`, before: `turn_${this.turn - 1}`, text: this.text };
    return toolContext(tools, {
      variables: this.variables,
      heard,
      allowed: { language: this.language, rules: this.rules },
    });
  }

  call(args: object, byRule = false): Promise<ToolRun> {
    const call = {
      callId: 'c',
      name: 'refund',
      arguments: JSON.stringify(args),
      ...(byRule && { byRule: true as const }),
    };
    return this.registry.run(call, this.context(), never);
  }

  async codeOf(args: object, byRule = false): Promise<string> {
    return (await this.call(args, byRule)).error ?? 'ok';
  }
}

beforeEach(() => void ran.splice(0));

describe('a tool', () => {
  it('is run only by an agent that has it', async () => {
    const session = new Session();
    const call = { callId: 'c', name: 'refund', arguments: '{}' };
    expect(await session.registry.run(call, session.context([]), never)).toMatchObject({ error: 'not_available' });
    expect(ran).toEqual([]);
  });

  it.each([['tool'], ['rule']])('that needs a fact of the session is not run without it: %s', async (of) => {
    const needs = ['caller.customer_id'];
    const session = of === 'tool' ? new Session({}, { needs }) : new Session({ needs });
    for (const caller of [
      undefined,
      null,
      {},
      'customer_id',
      { customer_id: '' },
      Object.create({ customer_id: '1' }),
    ]) {
      session.variables['caller'] = caller;
      expect([caller, await session.codeOf({ caller: { customer_id: '7' } })]).toEqual([caller, 'not_available']);
    }
    session.variables['caller'] = { customer_id: '7' };
    expect(await session.codeOf({})).toBe('ok');
  });
});

describe('an argument from the session', () => {
  const rule = { fromSession: { account: 'caller.account' } };

  it('is not asked for, and is the fact, whatever the model gives', async () => {
    const session = new Session(rule);
    session.variables['caller'] = { account: 'alice' };
    const [shown] = session.registry.definitions(['refund'], session.context());
    expect(Object.keys((shown!.parameters as { properties: object }).properties)).toEqual(['amount', 'note']);
    for (const given of [{}, { account: 'mallory' }, { account: ['mallory'] }, { account: null }])
      expect(await session.codeOf(given)).toBe('ok');
    expect(ran).toEqual(Array.from({ length: 4 }, () => ({ account: 'alice', note: 'none' })));
  });

  it('keeps the tool from being run while it is not known', async () => {
    expect(await new Session(rule).codeOf({ account: 'mallory' })).toBe('not_available');
  });
});

describe('limits', () => {
  it.each([[501], [-1], ['500'], ['1e9'], [[1]], [{}], [null], [Number.MAX_VALUE]])(
    'of an amount are not passed by %j',
    async (amount) => {
      expect(await new Session({ max: { amount: 500 } }).codeOf({ amount })).toBe('not_allowed');
      expect(await new Session({ maxTotal: { amount: 500 } }).codeOf({ amount })).toBe('not_allowed');
      expect(ran).toEqual([]);
    },
  );

  it('of a conversation add up, over many small ones too, and what fails counts', async () => {
    const session = new Session({ maxTotal: { amount: 100 } }, { run: () => Promise.reject(new Error('no')) });
    const codes: string[] = [];
    for (let part = 0; part < 12; part++) codes.push(await session.codeOf({ amount: 10 }));
    expect(codes).toEqual([...Array.from({ length: 10 }, () => 'tool_failed'), 'not_allowed', 'not_allowed']);
  });

  it('hold for calls that are made at the same time', async () => {
    const session = new Session({ maxTotal: { amount: 100 } });
    const codes = await Promise.all(Array.from({ length: 5 }, () => session.codeOf({ amount: 40 })));
    expect(codes).toEqual(['ok', 'ok', 'not_allowed', 'not_allowed', 'not_allowed']);
  });

  it('of how often count a conversation', async () => {
    const session = new Session({ maxCalls: 2 });
    const codes = [await session.codeOf({}), await session.says('more').codeOf({}), await session.says('x').codeOf({})];
    expect(codes).toEqual(['ok', 'ok', 'not_allowed']);
  });

  it('end a model that does not stop, until the caller speaks again', async () => {
    const session = new Session();
    const codes = await Promise.all(Array.from({ length: 30 }, () => session.codeOf({})));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(24);
    expect(await session.says('and now').codeOf({})).toBe('ok');
  });
});

describe('what cannot be undone', () => {
  const card = { note: 'card 4242' };
  const irreversible = { irreversible: true };

  it('is done after the caller has said yes to it, and once', async () => {
    const session = new Session({}, irreversible);
    expect(await session.codeOf(card)).toBe('needs_confirmation');
    expect(ran).toEqual([]);
    expect(await session.says('yes please').codeOf(card)).toBe('ok');
    expect(ran).toHaveLength(1);
    expect(await session.codeOf(card)).toBe('needs_confirmation');
  });

  it.each([
    [
      'in the same turn, however often it is tried',
      [undefined, undefined],
      ['needs_confirmation', 'needs_confirmation'],
    ],
    ['after a no', ['no'], ['not_allowed']],
    ['after a no and words about something else', ['no', 'what is my balance'], ['not_allowed', 'needs_confirmation']],
    ['after what is no answer', ['what is my balance'], ['needs_confirmation']],
    ['after silence', [''], ['needs_confirmation']],
  ] as const)('is not done %s', async (_, said, codes) => {
    const session = new Session({}, irreversible);
    await session.codeOf(card);
    const got: string[] = [];
    for (const text of said) {
      if (text !== undefined) session.says(text);
      got.push(await session.codeOf(card));
    }
    expect(got).toEqual(codes);
    expect(ran).toEqual([]);
  });

  it('is not done to something else than what was said yes to', async () => {
    const session = new Session({}, irreversible);
    await session.codeOf({ note: 'card 4242', amount: 1 });
    expect(await session.says('yes').codeOf({ note: 'card 1881', amount: 1 })).toBe('needs_confirmation');
    expect(await session.codeOf({ amount: 1, note: 'card 4242' })).toBe('ok');
  });

  it('is not done on a yes that comes a turn later: it is asked for again', async () => {
    const session = new Session({}, irreversible);
    await session.codeOf(card);
    session.says('what would that cost');
    expect(await session.says('yes').codeOf(card)).toBe('needs_confirmation');
    expect(await session.says('yes').codeOf(card)).toBe('ok');
  });

  it('is done one by one: a yes to two things at once is one to neither', async () => {
    const session = new Session({}, irreversible);
    const other = { note: 'card 1881' };
    const codes = [await session.codeOf(card), await session.codeOf(other)];
    codes.push(await session.says('yes').codeOf(card), await session.says('yes').codeOf(other));
    expect([codes, ran]).toEqual([Array.from({ length: 4 }, () => 'needs_confirmation'), []]);
    expect(await session.says('yes').codeOf(other)).toBe('ok');
    expect(await session.codeOf(card)).toBe('needs_confirmation');
    expect(await session.says('yes please').codeOf(card)).toBe('ok');
  });

  it('is done by the rules of the dialogue, which ask themselves', async () => {
    expect(await new Session({}, irreversible).codeOf(card, true)).toBe('ok');
    expect(await new Session({ max: { amount: 1 } }, irreversible).codeOf({ amount: 2 }, true)).toBe('not_allowed');
  });

  it('is what the file says, if it says so', async () => {
    expect(await new Session({ confirm: true }).codeOf(card)).toBe('needs_confirmation');
    expect(await new Session({ confirm: false }, irreversible).codeOf(card)).toBe('ok');
  });

  it('needs any answer of the caller in a language that is not understood here', async () => {
    const session = new Session({}, irreversible, 'de-DE');
    expect(await session.codeOf(card)).toBe('needs_confirmation');
    expect(await session.says('ja').codeOf(card)).toBe('ok');
  });

  it('survives a session that goes on elsewhere, and rubbish in its notes', async () => {
    const session = new Session({ maxCalls: 1 });
    await session.codeOf({});
    session.variables['tool_guard'] = JSON.parse(JSON.stringify(session.variables['tool_guard'])) as unknown;
    expect(await session.codeOf({})).toBe('not_allowed');
    session.variables['tool_guard'] = { used: 7 };
    expect(await session.codeOf({})).toBe('ok');
  });
});
