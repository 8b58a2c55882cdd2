import type { z } from 'zod';
import type { ToolPermissions } from './tool-rule.js';

/** What an agent can do besides talking. Tools are providers that register themselves with the ToolRegistry. */
export interface Tool<A = unknown> {
  /** snake_case, unique. */
  readonly name: string;
  /** One sentence for the model. */
  readonly description: string;
  readonly parameters: z.ZodType<A>;
  /** JSON Schema that the model is shown, where it says more than `parameters`. */
  readonly parametersShown?: Readonly<Record<string, unknown>>;
  /** The parameters narrowed to what makes sense now; undefined when the tool makes none at all. */
  parametersIn?(context: ToolContext): z.ZodType<A> | undefined;
  /** The call is given up after this long. */
  readonly timeoutMs: number;
  /** Whether a barge-in may abort it. False for whatever must not stop half-way, such as blocking a card. */
  readonly interruptible: boolean;
  /** Facts of the session without which it is not run, such as `caller.customer_id`: found out by tools, never said by a model. */
  readonly needs?: readonly string[];
  /** What cannot be taken back: a model's call is run only after the caller has said yes to it. */
  readonly irreversible?: boolean;
  /** `signal` aborts on time-out, hang-up and, if interruptible, barge-in. */
  run(args: A, context: ToolContext, signal: AbortSignal): Promise<ToolOutcome>;
}

export interface ToolContext {
  readonly sessionId: string;
  readonly agent: string;
  /** Facts about the session that tools and templates share (the verified caller, say). Tools may change them. */
  readonly variables: Record<string, unknown>;
  /** Agents the active one may hand over to. */
  readonly handoffTargets: readonly string[];
  /** What the active agent may do. */
  readonly allowed: ToolPermissions;
  /** The turn of the caller that is being answered; null where the agent speaks on its own account. */
  readonly heard: Heard;
}

/** What a caller has just said, typed or keyed. */
export interface Heard {
  readonly turn: string | null;
  /** The caller's turn before; null if there was none. */
  readonly before: string | null;
  readonly text: string;
}

export interface ToolOutcome {
  /** JSON-able; goes back to the model. */
  readonly result: unknown;
  /** What the session does once the call is done. */
  readonly effect?: ToolEffect;
}

export type ToolEffect =
  | { readonly type: 'handoff'; readonly target: string; readonly reason: string }
  | { readonly type: 'transfer'; readonly target: string; readonly reason: string }
  | { readonly type: 'end'; readonly reason: string };
