/** What an agent's file says about one of its tools, besides that it may use it. */
export interface ToolRule {
  /** Session facts without which it is not run, such as `caller.customer_id`. */
  readonly needs: readonly string[];
  /** Arguments that are session facts: the model is not asked for them, and what it gives for them does not count. */
  readonly fromSession: Readonly<Record<string, string>>;
  /** The most that an argument may be, in one call. */
  readonly max: Readonly<Record<string, number>>;
  /** The most that an argument may add up to in a conversation. */
  readonly maxTotal: Readonly<Record<string, number>>;
  /** How often it may be tried in a conversation. */
  readonly maxCalls: number | undefined;
  /** Whether the caller has to say yes to it first; as the tool itself says if undefined. */
  readonly confirm: boolean | undefined;
}

/** Of an agent's files, and nothing that a model, a caller or a tool can change. */
export interface ToolPermissions {
  /** BCP 47: what a yes is said in. */
  readonly language: string;
  readonly tools: readonly string[];
  /** Where calls may be transferred to. */
  readonly transferTargets: readonly string[];
  readonly rules: Readonly<Record<string, ToolRule>>;
}

export const NO_RULE: ToolRule = {
  needs: [],
  fromSession: {},
  max: {},
  maxTotal: {},
  maxCalls: undefined,
  confirm: undefined,
};

/** What a path such as `caller.customer_id` leads to in the session's variables; undefined if nothing. */
export function factOf(variables: Readonly<Record<string, unknown>>, path: string): unknown {
  let at: unknown = variables;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at === null || at === '' || at === false ? undefined : at;
}
