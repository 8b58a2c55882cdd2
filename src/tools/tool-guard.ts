import { z } from 'zod';
import type { LlmToolCall } from '../llm/llm-client.js';
import { consentIn } from './spoken-consent.js';
import type { Tool, ToolContext } from './tool.js';
import { NO_RULE, type ToolRule, factOf } from './tool-rule.js';

/** Where the guard keeps its notes among the session's variables, so that a session that goes on elsewhere has them. */
const NOTES = 'tool_guard';
/** More than an agent has any use for: a model that does not stop, or is not to. */
const MOST_CALLS_IN_A_TURN = 24;
const MOST_CALLS_IN_A_CONVERSATION = 400;
const MOST_ASKED = 8;
const ONE_BY_ONE =
  'You asked for several things at once: one yes does not do for them. Ask for one at a time, each with a call of its own turn.';

export interface GuardRefusal {
  readonly code: 'not_available' | 'not_allowed' | 'needs_confirmation';
  /** For the model. */
  readonly explanation: string;
}

type Arguments = Record<string, unknown>;

const count = z.number().nonnegative();
const notesSchema = z.object({
  calls: count,
  /** Of the turn that was answered last. */
  turn: z.object({ id: z.string().nullable(), calls: count }),
  used: z.record(z.string(), z.object({ calls: count, totals: z.record(z.string(), count) })),
  /** What the caller has to say yes to in the turn after. */
  asked: z.array(z.object({ tool: z.string(), args: z.string(), turn: z.string().nullable() })),
});
type Notes = z.output<typeof notesSchema>;

/**
 * What stands between what a model wants and what is done. It goes by the agent's files, by facts of the session that
 * tools have found out, and by what the caller has said: never by what a model claims, nor by what a tool has returned.
 */
export class ToolGuard {
  private readonly rule: ToolRule;

  constructor(
    private readonly tool: Tool,
    private readonly context: ToolContext,
  ) {
    const { rules } = context.allowed;
    this.rule = Object.hasOwn(rules, tool.name) ? rules[tool.name]! : NO_RULE;
  }

  /** Arguments that the model is not asked for. */
  get hidden(): readonly string[] {
    return Object.keys(this.rule.fromSession);
  }

  /** Before its arguments are looked at: whether the agent has this tool, and all that it needs is known. */
  refusalAtAll(): GuardRefusal | undefined {
    const { tool, context, rule } = this;
    if (!context.allowed.tools.includes(tool.name))
      return refusal('not_available', `"${tool.name}" is none of your tools. Go on without it.`);
    const needed = [...(tool.needs ?? []), ...rule.needs, ...Object.values(rule.fromSession)];
    const missing = needed.find((path) => factOf(context.variables, path) === undefined);
    if (missing === undefined) return undefined;
    // Facts come from tools; there is nothing that a caller, or a model, could say to be believed.
    const problem = `"${tool.name}" cannot be used yet: ${missing} is not known. Verify the caller with your tools first.`;
    return refusal('not_available', problem);
  }

  /** What the model has given, with the session's facts in their places. */
  withFacts(given: unknown): unknown {
    if (this.hidden.length === 0 || typeof given !== 'object' || given === null || Array.isArray(given)) return given;
    const facts = Object.entries(this.rule.fromSession).map(([name, path]) => [
      name,
      factOf(this.context.variables, path),
    ]);
    const own = Object.entries(given).filter(([name]) => !this.hidden.includes(name));
    return Object.fromEntries([...own, ...facts]);
  }

  /** Whether it may be run with these arguments, now. Counts it if so. */
  refusalOf(call: LlmToolCall, args: unknown): GuardRefusal | undefined {
    const given = (typeof args === 'object' && args !== null ? args : {}) as Arguments;
    const notes = this.notes();
    const problem =
      this.floodProblem(notes) ?? this.limitProblem(notes, given) ?? this.consentProblem(notes, call, given);
    if (!problem || problem.code === 'needs_confirmation') this.context.variables[NOTES] = notes;
    if (!problem) this.noteUse(notes, given);
    return problem;
  }

  private floodProblem(notes: Notes): GuardRefusal | undefined {
    const { turn } = this.context.heard;
    if (notes.turn.id !== turn) notes.turn = { id: turn, calls: 0 };
    if (notes.turn.calls < MOST_CALLS_IN_A_TURN && notes.calls < MOST_CALLS_IN_A_CONVERSATION) return undefined;
    return refusal('not_allowed', 'You have used too many tools. Answer the caller now.');
  }

  private limitProblem(notes: Notes, given: Arguments): GuardRefusal | undefined {
    const { tool, rule } = this;
    const used = notes.used[tool.name] ?? { calls: 0, totals: {} };
    if (rule.maxCalls !== undefined && used.calls >= rule.maxCalls)
      return refusal('not_allowed', `"${tool.name}" may not be used more often in this conversation.`);
    for (const [name, most] of Object.entries(rule.max)) {
      if (!isWithin(given[name], most))
        return refusal('not_allowed', `"${tool.name}": ${name} must be a number from 0 to ${most}. Do not split it.`);
    }
    for (const [name, most] of Object.entries(rule.maxTotal)) {
      const left = most - (used.totals[name] ?? 0);
      if (!isWithin(given[name], left))
        return refusal('not_allowed', `"${tool.name}": of ${name}, ${Math.max(0, left)} is left in this conversation.`);
    }
    return undefined;
  }

  /** A rule of the agent's own dialogue has asked the caller itself, where its author wanted that. */
  private consentProblem(notes: Notes, call: LlmToolCall, given: Arguments): GuardRefusal | undefined {
    const { tool, rule, context } = this;
    if (call.byRule === true || !(rule.confirm ?? tool.irreversible ?? false)) return undefined;
    const { turn, before, text } = context.heard;
    const args = canonical(given);
    // An answer is one to what was asked right before it, and nobody knows to which of two things.
    notes.asked = notes.asked.filter((one) => one.turn === turn || (one.turn === before && before !== null));
    const pending = notes.asked.filter((one) => one.turn !== turn);
    const isAnswered = pending.some((one) => one.tool === tool.name && one.args === args);
    if (isAnswered && pending.length === 1) {
      const consent = consentIn(text, context.allowed.language, `${tool.name.replaceAll('_', ' ')} ${args}`);
      if (consent !== 'unclear') notes.asked = notes.asked.filter((one) => one !== pending[0]);
      if (consent === 'yes' || consent === 'unknown') return undefined;
      if (consent === 'no') {
        this.context.variables[NOTES] = notes;
        return refusal('not_allowed', 'The caller has said no. It is not done.');
      }
    }
    const asked = notes.asked.filter((one) => one.turn === turn);
    if (!asked.some((one) => one.tool === tool.name && one.args === args))
      notes.asked = [...notes.asked, { tool: tool.name, args, turn }].slice(-MOST_ASKED);
    const isOne = notes.asked.filter((one) => one.turn === turn).length === 1 && !(isAnswered && pending.length > 1);
    const problem = `Nothing is done yet. Say to the caller exactly what "${tool.name}" will do, and ask for a plain yes or no. Call it again, with the same arguments, only after a clear yes right after that.`;
    return refusal('needs_confirmation', isOne ? problem : `${problem} ${ONE_BY_ONE}`);
  }

  private noteUse(notes: Notes, given: Arguments): void {
    const used = notes.used[this.tool.name] ?? { calls: 0, totals: {} };
    // Also what fails then: nobody knows how much of it was done.
    const totals = Object.keys(this.rule.maxTotal).map((name) => [
      name,
      (used.totals[name] ?? 0) + Number(given[name] ?? 0),
    ]);
    notes.used[this.tool.name] = { calls: used.calls + 1, totals: Object.fromEntries(totals) };
    notes.calls++;
    notes.turn.calls++;
  }

  private notes(): Notes {
    const parsed = notesSchema.safeParse(this.context.variables[NOTES]);
    return parsed.data ?? { calls: 0, turn: { id: null, calls: 0 }, used: {}, asked: [] };
  }
}

function isWithin(value: unknown, most: number): boolean {
  return value === undefined || (typeof value === 'number' && value >= 0 && value <= most);
}

/** The same text for the same arguments, in whatever order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function refusal(code: GuardRefusal['code'], explanation: string): GuardRefusal {
  return { code, explanation };
}
