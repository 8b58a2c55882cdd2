import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import * as fc from 'fast-check';
import { z } from 'zod';
import { Aborted } from '../kernel/abort.js';
import { ManualClock } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';
import { HandoffToAgentTool } from './builtin/handoff-to-agent.tool.js';
import { toolContext } from './testing/tool-context.js';
import type { Tool } from './tool.js';
import { ToolRegistry } from './tool-registry.js';

const clock = new ManualClock();
const context = toolContext(['add', 'at_once', 'handoff_to_agent'], { handoffTargets: ['b', 'c'] });
// What one test has used counts for no other.
beforeEach(() => void delete context.variables['tool_guard']);
const never = new AbortController().signal;

function toolOf(over: Partial<Tool> = {}): Tool {
  return {
    name: 'add',
    description: 'Adds.',
    parameters: z.strictObject({ a: z.number(), b: z.number().default(1) }),
    timeoutMs: 1000,
    interruptible: true,
    run: async (args) => {
      const { a, b } = args as { a: number; b: number };
      return { result: { sum: a + b } };
    },
    ...over,
  };
}

function registryOf(...tools: Tool[]): ToolRegistry {
  const registry = new ToolRegistry(clock);
  for (const tool of tools) registry.register(tool);
  return registry;
}

const callTo = (name: string, args: string) => ({ callId: 'call_1', name, arguments: args });

describe('ToolRegistry', () => {
  it('runs a tool with checked arguments and defaults', async () => {
    const run = await registryOf(toolOf()).run(callTo('add', '{"a":2}'), context, never);
    expect(run).toMatchObject({ ok: true, content: '{"sum":3}', durationMs: 0 });
    expect(run).not.toHaveProperty('effect');
  });

  it.each([
    ['fly', '{}', 'unknown_tool', 'There is no tool "fly"'],
    ['add', '{"a":', 'invalid_arguments', 'not valid JSON'],
    ['add', '{"a":"two"}', 'invalid_arguments', 'a: Invalid input: expected number'],
    ['add', '{"a":1,"c":2}', 'invalid_arguments', 'Unrecognized key'],
    ['add', '', 'invalid_arguments', 'a: Invalid input'],
    ['add', '[]', 'invalid_arguments', 'expected object'],
  ])('answers %s(%s) with %s', async (name, args, code, message) => {
    const run = await registryOf(toolOf()).run(callTo(name, args), context, never);
    expect(run).toMatchObject({ ok: false, error: code });
    expect(JSON.parse(run.content)).toEqual({ error: expect.stringContaining(message), code });
  });

  it('turns what a tool throws into a result, also at once, and keeps its words for the log', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const registry = registryOf(
      toolOf({ run: () => Promise.reject(new Error('no ledger')) }),
      toolOf({
        name: 'at_once',
        run: () => {
          throw new TypeError('no bank');
        },
      }),
    );
    for (const name of ['add', 'at_once']) {
      const run = await registry.run(callTo(name, '{"a":4242}'), context, never);
      expect(run).toMatchObject({ ok: false, error: 'tool_failed' });
      expect(JSON.parse(run.content)).toEqual({
        error: `"${name}" failed. Go on without its result.`,
        code: 'tool_failed',
      });
    }
    expect(logged.mock.calls).toEqual([['Tool "add" failed: no ledger'], ['Tool "at_once" failed: no bank']]);
    logged.mockRestore();
  });

  it('tells the model, and only the model, what a tool says to it with `tool_failed`', async () => {
    const why = new ParleyError('tool_failed', 'Ask for the amount first.');
    const run = await registryOf(toolOf({ run: () => Promise.reject(why) })).run(
      callTo('add', '{"a":1}'),
      context,
      never,
    );
    expect(run.error).toBe('tool_failed');
    expect(JSON.parse(run.content)).toEqual({ error: '"add" failed: Ask for the amount first.', code: 'tool_failed' });
  });

  it('gives up a tool that takes too long, and tells it', async () => {
    let seen: AbortSignal | undefined;
    const registry = registryOf(
      toolOf({
        run: (_args, _context, signal) => {
          seen = signal;
          return new Promise(() => undefined);
        },
      }),
    );
    const run = registry.run(callTo('add', '{"a":1}'), context, never);
    await clock.advance(1000);
    expect(await run).toMatchObject({
      ok: false,
      error: 'timeout',
      content: expect.stringContaining('did not answer within 1.00 s.'),
      durationMs: 1000,
    });
    expect(seen).toMatchObject({ aborted: true, reason: { kind: 'timeout' } });
    expect(clock.pending).toBe(0);
  });

  it('throws the reason of the signal, whatever the tool does', async () => {
    const controller = new AbortController();
    const run = registryOf(toolOf({ run: () => new Promise(() => undefined) })).run(
      callTo('add', '{"a":1}'),
      context,
      controller.signal,
    );
    controller.abort(new Aborted('hangup'));
    await expect(run).rejects.toMatchObject({ kind: 'hangup' });
    await expect(registryOf(toolOf()).run(callTo('add', '{"a":1}'), context, controller.signal)).rejects.toMatchObject({
      kind: 'hangup',
    });
    expect(clock.pending).toBe(0);
  });

  it('runs many calls at the same time without mixing them up', async () => {
    const registry = registryOf(toolOf());
    const runs = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        registry.run({ callId: `c${index}`, name: 'add', arguments: `{"a":${index}}` }, context, never),
      ),
    );
    expect(runs.map(({ call, content }) => [call.callId, content])).toEqual(
      runs.map((_, index) => [`c${index}`, `{"sum":${index + 1}}`]),
    );
  });

  it('never throws, whatever a model sends', async () => {
    const registry = registryOf(toolOf(), new HandoffToAgentTool());
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.constantFrom('add', 'handoff_to_agent', 'constructor', '__proto__')),
        fc.oneof(fc.string(), fc.json()),
        async (name, args) => {
          const run = await registry.run(callTo(name, args), context, never);
          expect(JSON.parse(run.content)).toBeDefined();
          expect(run.ok).toBe(run.error === undefined);
        },
      ),
    );
  });

  it('shows a model only what makes sense now', async () => {
    const registry = registryOf(toolOf(), new HandoffToAgentTool());
    const names = ['add', 'handoff_to_agent', 'fly'];
    const definitions = registry.definitions(names, context);
    expect(definitions.map(({ name }) => name)).toEqual(['add', 'handoff_to_agent']);
    expect(definitions[0]!.parameters).toEqual({
      type: 'object',
      properties: { a: { type: 'number' }, b: { type: 'number', default: 1 } },
      required: ['a'],
      additionalProperties: false,
    });
    expect(definitions[1]!.parameters).toMatchObject({ properties: { target: { enum: ['b', 'c'] } } });
    expect(registry.definitions(names, { ...context, handoffTargets: [] }).map(({ name }) => name)).toEqual(['add']);
    expect(await registry.run(callTo('handoff_to_agent', '{"target":"z","reason":"x"}'), context, never)).toMatchObject(
      { ok: false, content: expect.stringContaining('target: Invalid option') },
    );
    expect(
      await registry.run(
        callTo('handoff_to_agent', '{"target":"b","reason":"x"}'),
        { ...context, handoffTargets: [] },
        never,
      ),
    ).toMatchObject({ ok: false, content: expect.stringContaining('not_available') });
  });

  it('refuses a second tool of the same name, and names that models cannot call', () => {
    const registry = registryOf(toolOf());
    expect(() => registry.register(toolOf())).toThrow('two tools named "add"');
    expect(() => registry.register(toolOf({ name: 'Add it' }))).toThrow('no snake_case');
    expect(registry.known()).toEqual(new Map([['add', ['a', 'b']]]));
  });

  it('knows which tools a barge-in may stop', () => {
    const registry = registryOf(toolOf(), toolOf({ name: 'block', interruptible: false }));
    expect([
      registry.isInterruptible('add'),
      registry.isInterruptible('block'),
      registry.isInterruptible('fly'),
    ]).toEqual([true, false, true]);
  });
});
