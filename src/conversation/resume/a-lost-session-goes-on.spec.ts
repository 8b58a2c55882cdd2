import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AbortKind } from '../../kernel/abort.js';
import { ManualClock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { MemoryKeyValueStore } from '../../state/store/memory-key-value-store.js';
import { HandoffToAgentTool } from '../../tools/builtin/handoff-to-agent.tool.js';
import { ConversationHarness, type HarnessOptions, nothingLeft } from '../testing/conversation-harness.js';
import { testAgent } from '../testing/test-agent.js';
import type { ResumedSession } from '../session-start.js';
import { ResumeTicket } from './resume-store.js';
import type { SessionSnapshot } from './session-snapshot.js';

const RESUME_MS = 60_000;
const TENANT = 'acme';

/** Can be out of reach, and can lose everything. */
class FragileStore extends MemoryKeyValueStore {
  broken = false;
  private readonly values = new Map<string, string>();

  contents(): [string, string][] {
    return [...this.values];
  }

  flush(): void {
    for (const key of this.values.keys()) void super.delete(key);
    this.values.clear();
  }

  override async get(key: string): Promise<string | undefined> {
    this.check();
    return super.get(key);
  }

  override async set(key: string, value: string, ttlMs: number): Promise<void> {
    this.check();
    this.values.set(key, value);
    await super.set(key, value, ttlMs);
  }

  override async take(key: string): Promise<string | undefined> {
    this.check();
    this.values.delete(key);
    return super.take(key);
  }

  override async delete(key: string): Promise<void> {
    this.check();
    this.values.delete(key);
    await super.delete(key);
  }

  private check(): void {
    if (this.broken) throw new ParleyError('state_unavailable', 'the store is out of reach', true);
  }
}

/** A caller whose connection can be lost, and who comes back. */
class Caller {
  readonly clock = new ManualClock();
  readonly store = new FragileStore(this.clock);
  call!: ConversationHarness;

  constructor(private readonly options: HarnessOptions = {}) {}

  static async start(options: HarnessOptions = {}): Promise<Caller> {
    const caller = new Caller(options);
    caller.call = await ConversationHarness.start(caller.resumable());
    return caller;
  }

  get token(): string {
    const token = this.call.wire.events('session_started').at(-1)!.resume_token;
    if (token === null) throw new Error('The session cannot be resumed');
    return token;
  }

  async lose(kind: AbortKind = 'lost'): Promise<void> {
    const closed = this.call.pipeline.close(kind);
    await this.clock.advance(0);
    await closed;
    expect(await this.call.left()).toEqual(nothingLeft);
  }

  /** Whether there was something to come back to. */
  async comeBack(token = this.token, tenant = TENANT): Promise<boolean> {
    const taken = await this.take(token, tenant);
    if (!taken) return false;
    await this.goOn(taken.snapshot, taken.ticket);
    return true;
  }

  async take(token = this.token, tenant = TENANT): Promise<ResumedSession | undefined> {
    const ticket = new ResumeTicket(tenant);
    const snapshot = await this.call.resume.take(new ResumeTicket(tenant, token), ticket);
    return snapshot && { snapshot, ticket };
  }

  async goOn(snapshot: SessionSnapshot, ticket: ResumeTicket): Promise<void> {
    this.call = await ConversationHarness.start({ ...this.resumable(), resumed: { snapshot, ticket } });
  }

  /** Types a turn, which may interrupt what the agent says to somebody who is back, and waits for its answer. */
  async ask(text: string): Promise<void> {
    const before = this.call.wire.events('generation_complete').length;
    this.call.pipeline.pushText(text);
    await this.call.until('generation_complete', ({ outcome }) => outcome === 'completed', before);
  }

  /** The agent's messages since the caller came back. */
  get said(): string[] {
    return this.call.wire.events('text_stream_stop').map(({ text }) => text);
  }

  /** Contents of the messages that the model got last, those without words left out. */
  told(): string[] {
    return this.call.llm.requests
      .at(-1)!
      .messages.map(({ content }) => content)
      .filter(Boolean);
  }

  /** Snapshots in the store. */
  kept(): [string, string][] {
    return this.store.contents().filter(([key]) => key.startsWith('resume:'));
  }

  private resumable(): HarnessOptions {
    return { ...this.options, resumable: true, clock: this.clock, store: this.store };
  }
}

describe('a session whose connection was lost', () => {
  it('goes on with its id, agent, history and counts', async () => {
    const caller = await Caller.start({
      agents: [testAgent({ tools: ['handoff_to_agent'] }), testAgent({ name: 'fraud' })],
      handoffs: [{ from: 'desk', to: 'fraud', when: 'A card was stolen', kind: 'discrete' }],
      tools: [new HandoffToAgentTool()],
    });
    const { call, token } = caller;
    call.llm
      .reply({ tool: 'handoff_to_agent', arguments: { target: 'fraud', reason: 'stolen' } })
      .reply('This is the fraud desk. What was stolen?');
    await call.ask('my card was stolen');
    await caller.lose();
    await caller.clock.advance(RESUME_MS - 1);
    expect(await caller.comeBack()).toBe(true);

    expect(caller.call.wire.events('session_started')).toMatchObject([
      { session_id: call.pipeline.id, resumed: true, agent: 'fraud' },
    ]);
    expect(caller.token).not.toBe(token);
    await caller.call.until('generation_complete');
    expect(caller.said).toEqual(['We were cut off. What was stolen?']);
    await caller.ask('my credit card');
    expect(caller.call.wire.events('generation_started')).toMatchObject([
      { generation_id: 'gen_2', turn_id: null },
      { generation_id: 'gen_3', turn_id: 'turn_2' },
    ]);
    expect(caller.told()).toEqual([
      'You are fraud.',
      'my card was stolen',
      expect.stringContaining('fraud'),
      'This is the fraud desk. What was stolen?',
      'We were cut off. What was stolen?',
      'my credit card',
    ]);
    await caller.call.hangUp();
  });

  it('knows what tools have found out', async () => {
    const agent = testAgent({ renderPrompt: ({ caller }) => `You talk to ${JSON.stringify(caller)}` });
    const caller = await Caller.start({ agents: [agent] });
    const { snapshot, ticket } = (await caller.take())!;
    await caller.goOn({ ...snapshot, variables: { caller: 'Ann' }, memory: { slots: 3 } }, ticket);
    await caller.ask('do you know me');
    expect(caller.told()[0]).toBe('You talk to "Ann"');
    expect(caller.call.llm.requests.at(-1)!.memory).toEqual({ slots: 3 });
    await caller.call.hangUp();
  });

  it('says what the caller has not heard, from the sentence on that was cut', async () => {
    const caller = await Caller.start();
    caller.call.llm.reply('One two three. Four five six. Seven eight nine.');
    caller.call.pipeline.pushText('count');
    await caller.call.until('audio_stream_start');
    await caller.call.quiet(1500);
    await caller.lose();
    await caller.comeBack();
    await caller.call.until('generation_complete');
    expect(caller.said).toEqual(['We were cut off. Four five six. Seven eight nine.']);
    await caller.ask('thank you');
    const [, , heard] = caller.told();
    expect(heard).toMatch(/^One two three\. Four/);
    expect(heard).not.toContain('nine');
    await caller.call.hangUp();
  });

  it('is told once that it was cut off, also when it is cut off while it is told', async () => {
    const caller = await Caller.start();
    caller.call.llm.reply('One two three. Four five six.');
    caller.call.pipeline.pushText('count');
    await caller.call.until('audio_stream_start');
    for (let times = 1; times <= 2; times++) {
      await caller.lose();
      await caller.comeBack();
      await caller.call.until('audio_stream_start');
    }
    await caller.call.until('generation_complete');
    expect(caller.said).toEqual(['We were cut off. One two three. Four five six.']);
    await caller.call.hangUp();
  });

  it('answers what was said before and has no answer yet', async () => {
    const caller = await Caller.start();
    caller.call.llm.reply({ stall: true });
    caller.call.pipeline.pushText('what is my balance');
    await caller.clock.advance(0);
    await caller.lose();
    await caller.comeBack();
    await caller.call.until('generation_complete');
    expect(caller.said).toEqual(['All right.']);
    expect(caller.told()).toEqual(['You are desk.', 'what is my balance']);
    await caller.call.hangUp();
  });

  it('goes on with the keys that were pressed', async () => {
    const caller = await Caller.start();
    caller.call.pipeline.pushDtmf('4');
    caller.call.pipeline.pushDtmf('2');
    await caller.clock.advance(0);
    await caller.lose();
    await caller.comeBack();
    caller.call.pipeline.pushDtmf('7');
    caller.call.pipeline.pushDtmf('#');
    await caller.call.until('generation_complete', ({ outcome }) => outcome === 'completed');
    expect(caller.told().at(-1)).toBe('427');
    await caller.call.hangUp();
  });

  it('greets who was lost before anything was said', async () => {
    const caller = await Caller.start({
      agents: [testAgent({ greeting: { text: 'Hello there. How can I help?', interruptible: true } })],
    });
    await caller.lose();
    await caller.comeBack();
    await caller.call.until('generation_complete');
    expect(caller.said.at(-1)).toContain('Hello there. How can I help?');
    await caller.call.hangUp();
  });

  it.each(['lost', 'drain', 'shutdown', 'error', 'superseded', 'timeout'] as const)(
    'can be gone on with when it ended by %s',
    async (kind) => {
      const caller = await Caller.start();
      await caller.lose(kind);
      expect(caller.call.wire.events('session_ended')).toMatchObject([{ resumable: true }]);
      expect(await caller.comeBack()).toBe(true);
      await caller.lose('hangup');
    },
  );

  it.each(['hangup', 'completed', 'idle', 'protocol'] as const)('is over when it ended by %s', async (kind) => {
    const caller = await Caller.start();
    const { token } = caller;
    await caller.ask('hello');
    await caller.lose(kind);
    expect(caller.call.wire.events('session_ended')).toMatchObject([{ resumable: false }]);
    expect(await caller.comeBack(token)).toBe(false);
    expect(caller.kept()).toEqual([]);
  });
});

/** Does not mind how long nothing is said. */
const patient: HarnessOptions = {
  agents: [
    testAgent({ noInput: { afterMs: 10 * RESUME_MS, reprompts: [], action: { type: 'end', text: 'Goodbye.' } } }),
  ],
};

describe('a resume token', () => {
  it('works once', async () => {
    const caller = await Caller.start();
    await caller.lose();
    const both = await Promise.all([caller.take(), caller.take()]);
    expect(both.filter(Boolean)).toHaveLength(1);
    expect(await caller.take()).toBeUndefined();
  });

  it('is of one tenant, and of one session', async () => {
    const caller = await Caller.start();
    const { token } = caller;
    await caller.lose();
    expect(await caller.comeBack(token, 'other')).toBe(false);
    expect(await caller.comeBack(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`)).toBe(false);
    // Neither of them has used it up.
    expect(await caller.comeBack(token)).toBe(true);
    await caller.lose('hangup');
  });

  it('expires', async () => {
    const caller = await Caller.start(patient);
    await caller.call.quiet(3 * RESUME_MS);
    await caller.lose();
    expect(caller.kept()).toHaveLength(1);
    await caller.clock.advance(RESUME_MS);
    expect(await caller.comeBack()).toBe(false);
  });

  it('is all that opens what is kept', async () => {
    const caller = await Caller.start();
    await caller.ask('my secret is swordfish');
    await caller.lose();
    const [[key, value]] = caller.kept() as [[string, string]];
    expect(key).not.toContain(caller.token);
    for (const text of [value, Buffer.from(value, 'base64').toString('latin1')]) {
      expect(text).not.toContain('swordfish');
      expect(text).not.toContain(caller.token);
    }
    await caller.store.set(key, `${value.slice(0, 40)}AAAA${value.slice(44)}`, RESUME_MS);
    expect(await caller.comeBack()).toBe(false);
  });
});

describe('a session whose server has died', () => {
  it('goes on with what it had come to, although nobody has closed it', async () => {
    const caller = await Caller.start(patient);
    const dead = caller.call;
    await dead.ask('my name is Ann');
    await dead.quiet(3 * RESUME_MS);
    expect(await caller.comeBack()).toBe(true);
    await caller.ask('what is my name');
    expect(caller.told()).toContain('my name is Ann');
    await caller.call.hangUp();
    await dead.hangUp();
  });

  it('cannot be gone on with for ever', async () => {
    const caller = await Caller.start();
    const sealed = new Map(caller.kept());
    await caller.call.hangUp();
    for (const [key, value] of sealed) await caller.store.set(key, value, RESUME_MS + RESUME_MS / 3);
    await caller.clock.advance(RESUME_MS * 1.4);
    expect(await caller.comeBack()).toBe(false);
  });

  it('ends if it is alive after all, as soon as it looks', async () => {
    const caller = await Caller.start();
    const old = caller.call;
    await caller.comeBack();
    await old.quiet(RESUME_MS / 3 + 20);
    expect(old.wire.events('session_ended')).toMatchObject([{ reason: 'superseded' }]);
    await caller.ask('hello');
    await caller.lose();
    expect(await caller.comeBack()).toBe(true);
    await caller.lose('hangup');
  });
});

describe('a session that cannot be kept', () => {
  it('goes on, says so once, and is kept again when that is possible', async () => {
    const caller = await Caller.start();
    caller.store.broken = true;
    for (const text of ['one', 'two', 'three']) await caller.ask(text);
    expect(caller.call.logged.filter((line) => line.includes('reconnect'))).toHaveLength(1);
    caller.store.broken = false;
    await caller.call.quiet(RESUME_MS / 3 + 20);
    await caller.lose();
    expect(await caller.comeBack()).toBe(true);
    await caller.ask('four');
    expect(caller.told()).toEqual(expect.arrayContaining(['one', 'two', 'three', 'four']));
  });

  it('can be gone on with when the store comes back in time after the connection was lost, empty', async () => {
    const caller = await Caller.start();
    await caller.ask('one');
    caller.store.broken = true;
    const closed = caller.call.pipeline.close('lost');
    await caller.clock.advance(0);
    await closed;
    await caller.clock.advance(RESUME_MS / 2);
    caller.store.broken = false;
    caller.store.flush();
    await caller.clock.advance(1000);
    expect(await caller.call.left()).toEqual(nothingLeft);
    expect(await caller.comeBack()).toBe(true);
    await caller.ask('two');
    expect(caller.told()).toEqual(expect.arrayContaining(['one', 'two']));
    await caller.lose('hangup');
  });

  it('is given up when the store stays away', async () => {
    const caller = await Caller.start();
    caller.store.broken = true;
    const closed = caller.call.pipeline.close('lost');
    await caller.clock.advance(RESUME_MS + 1000);
    await closed;
    expect(await caller.call.left()).toEqual(nothingLeft);
  });

  it('does not take a store that has lost everything for a caller who went elsewhere', async () => {
    const caller = await Caller.start();
    await caller.ask('one');
    caller.store.flush();
    await caller.ask('two');
    expect(caller.call.wire.events('session_ended')).toEqual([]);
    await caller.lose();
    expect(await caller.comeBack()).toBe(true);
    await caller.lose('hangup');
  });
});

describe('sessions that are lost again and again', () => {
  it('keep every turn, in order, and leave nothing behind', async () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('ask' as const), ms: fc.constantFrom(0, 40, 400, 3000) }),
      fc.record({ type: fc.constant('lose' as const), ms: fc.constantFrom(0, 1000, RESUME_MS - 1) }),
      fc.record({ type: fc.constant('key' as const), ms: fc.constantFrom(0, 500) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
        const caller = await Caller.start();
        const { id } = caller.call.pipeline;
        const asked: string[] = [];
        for (const [index, { type, ms }] of steps.entries()) {
          if (type === 'ask') {
            asked.push(`turn ${index}`);
            caller.call.pipeline.pushText(`turn ${index}`);
            await caller.call.until(
              'generation_started',
              () => true,
              caller.call.wire.events('generation_started').length,
            );
            await caller.call.quiet(ms);
          } else if (type === 'key') {
            caller.call.pipeline.pushDtmf('5');
            await caller.call.quiet(ms);
          } else {
            await caller.lose();
            await caller.clock.advance(ms);
            expect(await caller.comeBack()).toBe(true);
          }
        }
        await caller.ask('the last one');
        expect(caller.call.pipeline.id).toBe(id);
        expect(caller.told().filter((text) => /^(turn|the last)/.test(text))).toEqual([...asked, 'the last one']);
        await caller.lose('hangup');
        expect(caller.kept()).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
