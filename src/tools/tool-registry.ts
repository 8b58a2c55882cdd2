import { Injectable, Logger } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { z } from 'zod';
import { childController } from '../kernel/abort.js';
import { Aborted } from '../kernel/abort.js';
import { Clock } from '../kernel/clock.js';
import { formatDuration } from '../kernel/duration.js';
import { messageOf, ParleyError } from '../kernel/errors.js';
import { REQUEST_BUCKETS } from '../kernel/metric-buckets.js';
import { Attribute } from '../kernel/telemetry-names.js';
import type { LlmTool, LlmToolCall } from '../llm/llm-client.js';
import type { Tool, ToolContext, ToolEffect, ToolOutcome } from './tool.js';
import { ToolGuard, type GuardRefusal } from './tool-guard.js';

export interface ToolRun {
  readonly call: LlmToolCall;
  readonly ok: boolean;
  /** JSON for the model: the tool's result, or `{"error": …, "code": …}` with what it can do about it. */
  readonly content: string;
  /** For the client: no more than what kind of failure it was. */
  readonly error?: ToolFailure;
  readonly durationMs: number;
  readonly effect?: ToolEffect;
}

/** Why a call failed, for a model or a dialogue rule to tell apart. */
export type ToolFailure = 'unknown_tool' | 'invalid_arguments' | 'timeout' | 'tool_failed' | GuardRefusal['code'];

/** All tools of the process. Safe for calls that run at the same time: it keeps no state per call. */
@Injectable()
export class ToolRegistry {
  private readonly logger = new Logger('Tools');
  private readonly tools = new Map<string, Tool>();
  /** Tools of others, which come and go; agents may name them before they are there. */
  private readonly declared = new Map<string, string>();
  private readonly durations = metrics.getMeter('parley.tools').createHistogram('gen_ai.execute_tool.duration', {
    unit: 's',
    description: 'How long tools took, by tool and kind of failure',
    advice: { explicitBucketBoundaries: REQUEST_BUCKETS },
  });

  constructor(private readonly clock: Clock) {}

  /** Throws `config_invalid` for a name that is taken or not snake_case. */
  register(tool: Tool): void {
    this.checkName(tool.name);
    this.tools.set(tool.name, tool);
  }

  /**
   * Tools of `owner` that may come and go: agents may name them from now on. Throws `config_invalid` as `register`.
   */
  declare(owner: string, tools: readonly Pick<Tool, 'name'>[]): void {
    for (const { name } of tools) {
      this.checkName(name);
      this.declared.set(name, owner);
    }
  }

  /** What of its declared tools `owner` has now, in place of what it had before; others are left out. */
  provide(owner: string, tools: readonly Tool[]): void {
    for (const [name, of] of this.declared) if (of === owner) this.tools.delete(name);
    for (const tool of tools) if (this.declared.get(tool.name) === owner) this.tools.set(tool.name, tool);
  }

  /** Every name with the names of its parameters; undefined for a tool that is not there yet. */
  known(): ReadonlyMap<string, readonly string[] | undefined> {
    const known = new Map<string, readonly string[] | undefined>();
    for (const name of this.declared.keys()) known.set(name, undefined);
    for (const tool of this.tools.values()) known.set(tool.name, parameterNames(tool.parameters));
    return known;
  }

  /** What the model gets to see. Unknown names and tools that make no sense in this context are left out. */
  definitions(names: readonly string[], context: ToolContext): LlmTool[] {
    return names.flatMap((name) => {
      const tool = this.tools.get(name);
      const parameters = tool && parametersIn(tool, context);
      return parameters
        ? [
            {
              name,
              description: tool.description,
              parameters: without(new ToolGuard(tool, context).hidden, tool.parametersShown ?? jsonSchema(parameters)),
            },
          ]
        : [];
    });
  }

  /** For metrics and traces: of a tool that there is, and nothing that a model has made up. */
  nameOf({ name }: LlmToolCall): string {
    return this.tools.has(name) ? name : '(unknown)';
  }

  /** Whether a barge-in may abort this tool. An unknown one fails at once anyway. */
  isInterruptible(name: string): boolean {
    return this.tools.get(name)?.interruptible ?? true;
  }

  /** Never throws, whatever the model asked for and the tool did, except the signal's reason when it aborts. */
  async run(call: LlmToolCall, context: ToolContext, signal: AbortSignal): Promise<ToolRun> {
    signal.throwIfAborted();
    const startedAt = this.clock.now();
    const record = (failure?: string): void =>
      this.durations.record((this.clock.now() - startedAt) / 1000, {
        // What a model makes up would be a series each.
        [Attribute.toolName]: this.nameOf(call),
        ...(failure !== undefined && { [Attribute.errorType]: failure }),
      });
    try {
      const run = await this.tryToRun(call, context, signal);
      record(run.error);
      return run;
    } catch (error) {
      record('interrupted');
      throw error;
    }
  }

  private async tryToRun(call: LlmToolCall, context: ToolContext, signal: AbortSignal): Promise<ToolRun> {
    const startedAt = this.clock.now();
    const finished = (): number => this.clock.now() - startedAt;
    const failed = (code: ToolFailure, explanation: string): ToolRun => ({
      call,
      ok: false,
      content: JSON.stringify({ error: explanation, code }),
      error: code,
      durationMs: finished(),
    });

    const tool = this.tools.get(call.name);
    if (!tool) return failed('unknown_tool', `There is no tool "${call.name}". Go on without it.`);
    const parameters = parametersIn(tool, context);
    if (!parameters) return failed('not_available', `"${call.name}" cannot be used now. Go on without it.`);
    const guard = new ToolGuard(tool, context);
    const refused = guard.refusalAtAll();
    if (refused) return failed(refused.code, refused.explanation);
    const parsed = parseArguments(call.arguments, parameters, guard);
    if ('error' in parsed) return failed('invalid_arguments', `${parsed.error} Correct the arguments and call again.`);
    const refusedNow = guard.refusalOf(call, parsed.value);
    if (refusedNow) return failed(refusedNow.code, refusedNow.explanation);

    try {
      const { result, effect } = await this.runInTime(tool, parsed.value, context, signal);
      const run = { call, ok: true, content: JSON.stringify(result ?? null), durationMs: finished() };
      return effect ? { ...run, effect } : run;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Aborted && error.kind === 'timeout') {
        return failed('timeout', `"${call.name}" did not answer within ${formatDuration(tool.timeoutMs)}.`);
      }
      if (error instanceof ParleyError && error.code === 'tool_failed')
        return failed('tool_failed', `"${call.name}" failed: ${error.message}`);
      // What else it threw may name hosts, queries or callers: neither a model nor a client is to see that.
      this.logger.error(`Tool "${call.name}" failed: ${messageOf(error)}`);
      return failed('tool_failed', `"${call.name}" failed. Go on without its result.`);
    }
  }

  private checkName(name: string): void {
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(name))
      throw new ParleyError('config_invalid', `"${name}" is no snake_case tool name`);
    if (this.tools.has(name) || this.declared.has(name))
      throw new ParleyError('config_invalid', `There are two tools named "${name}"`);
  }

  /** Does not wait for a tool that ignores its signal: its late result is dropped. */
  private async runInTime(tool: Tool, args: unknown, context: ToolContext, signal: AbortSignal): Promise<ToolOutcome> {
    const controller = childController(signal);
    const timer = this.clock.setTimeout(() => controller.abort(new Aborted('timeout')), tool.timeoutMs);
    const aborted = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true });
    });
    try {
      return await Promise.race([(async () => tool.run(args, context, controller.signal))(), aborted]);
    } finally {
      timer.cancel();
      // Lets go of the session's signal; the race is over, so that nobody sees this reason.
      aborted.catch(() => undefined);
      controller.abort(new Aborted('superseded'));
    }
  }
}

function parametersIn(tool: Tool, context: ToolContext): z.ZodType | undefined {
  return tool.parametersIn ? tool.parametersIn(context) : tool.parameters;
}

function parseArguments(text: string, schema: z.ZodType, guard: ToolGuard): { value: unknown } | { error: string } {
  let value: unknown;
  try {
    // Models send an empty text for a tool without parameters.
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    return { error: 'The arguments are not valid JSON.' };
  }
  const parsed = schema.safeParse(guard.withFacts(value));
  if (parsed.success) return { value: parsed.data };
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'arguments'}: ${issue.message}`);
  return { error: `Invalid arguments: ${problems.join('; ')}.` };
}

function jsonSchema(parameters: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(parameters, { io: 'input' });
  return schema;
}

/** The schema of the arguments that a model is asked for. */
function without(
  hidden: readonly string[],
  schema: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (hidden.length === 0) return schema;
  const properties = Object.entries((schema['properties'] as object | undefined) ?? {});
  const required = ((schema['required'] as readonly string[] | undefined) ?? []).filter(
    (name) => !hidden.includes(name),
  );
  return {
    ...schema,
    properties: Object.fromEntries(properties.filter(([name]) => !hidden.includes(name))),
    required,
  };
}

function parameterNames(parameters: z.ZodType): string[] {
  return Object.keys((jsonSchema(parameters)['properties'] as object | undefined) ?? {});
}
