import { z } from 'zod';

/** The shape of the files under `agents/`, in their own spelling. Every sentence here ends up in docs/agents.md. */

const name = z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be a name in snake_case, such as card_services');
const template = z.string();
const texts = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)], { error: 'must be a text or a list of texts' })
  .describe('One wording, or several that are used one after the other.');
const condition = z.string().min(1).describe('A Liquid condition, such as `result.verified and slots.amount > 100`.');
const phrases = z
  .array(z.string())
  .describe(
    'In lower case without punctuation; `{slot}` stands for a value, `[words]` may be left out. Numbers in words.',
  );

const slotCommon = {
  ask: texts
    .optional()
    .describe('Questions that ask for it: the first time, the second… the last one is used from then on.'),
  phrases: phrases
    .optional()
    .describe('How it may be said in an answer, besides alone: `my card ends in {card_last4}`.'),
  default: template.optional().describe('A template; its value is taken instead of asking, unless it is empty.'),
  keep: z
    .boolean()
    .optional()
    .describe('Kept for later tasks and for other agents, instead of being forgotten with the task.'),
};

const slot = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('digits'),
      length: z.int().min(1).max(30).optional().describe('How many digits, where the number is fixed.'),
      min_length: z.int().min(1).max(30).optional(),
      max_length: z.int().min(1).max(30).optional(),
      ...slotCommon,
    }),
    z.strictObject({ kind: z.literal('number'), ...slotCommon }),
    z.strictObject({ kind: z.literal('amount'), ...slotCommon }),
    z.strictObject({ kind: z.literal('date'), ...slotCommon }),
    z.strictObject({ kind: z.literal('yesno'), ...slotCommon }),
    z.strictObject({
      kind: z.literal('choice'),
      values: z
        .record(z.string(), z.array(z.string()), { error: 'must be a map from each value to a list of its synonyms' })
        .describe('Each value with the other words callers use for it.'),
      ...slotCommon,
    }),
  ],
  { error: 'kind must be digits, number, amount, date, yesno or choice' },
);

const step = z
  .union(
    [
      z.enum(['done', 'listen', 'retry', 'abandon']),
      z.strictObject({ retry: z.array(name).describe('Forgets these slots and asks for them again.') }),
      z.strictObject({ start: name.describe('Goes on with this intent.') }),
      z.strictObject({ handoff: name.describe('The agent to hand over to.'), reason: z.string().min(1) }),
      z.strictObject({
        transfer: z.string().min(1).describe('Where to transfer the call to.'),
        reason: z.string().min(1),
      }),
      z.strictObject({ end: z.string().min(1).describe('Why the call ends.') }),
    ],
    {
      error:
        'must be done, listen, retry, abandon, {retry: [slots]}, {start: intent}, {handoff: agent, reason: text}, {transfer: target, reason: text} or {end: reason}',
    },
  )
  .describe(
    'What happens next. `done`: asks whether there is anything else; `listen`: says no more; `abandon`: drops the task.',
  );

const replies = z
  .array(
    z.strictObject({
      when: condition.optional(),
      say: texts.optional(),
      next: step.optional(),
    }),
  )
  .min(1);

const intent = z.strictObject({
  title: z.string().optional().describe('Completes "you can ask me about …" and "back to …": `your balance`.'),
  examples: phrases.optional().describe('What callers say. Without any, only other rules start this intent.'),
  command: z
    .enum(['repeat', 'cancel', 'help', 'hush'])
    .optional()
    .describe("The engine's own handling: say it again, drop the task, say what there is, stop talking."),
  requires: name.optional().describe('An intent to go through first, such as the verification of the caller.'),
  done_when: condition.optional().describe('When true, there is nothing to do and the intent counts as gone through.'),
  slots: z.array(name).optional().describe('What must be known before acting; asked for in this order.'),
  confirm: texts.optional().describe('A yes-or-no question before acting. Only a clear yes goes on.'),
  denied: replies.optional().describe('After a no to `confirm`.'),
  filler: template.optional().describe('Said while the tool runs.'),
  tool: name.optional(),
  arguments: z.record(z.string(), template).optional().describe('Templates, by argument of the tool.'),
  replies: replies.optional().describe('The first whose condition holds is said; `result` is what the tool returned.'),
  failed: replies.optional().describe('The same for a tool that failed: `result.error`, `result.code`.'),
});

const messages = z.strictObject({
  not_understood: texts.optional().describe('The first, the second… time in a row that nothing was understood.'),
  not_understood_then: name.optional().describe('The intent to start after the last of them.'),
  more_digits: texts.optional().describe('When an answer came in pieces; `digits` holds those heard so far.'),
  resumed: texts.optional().describe('When an interrupted task goes on; `title` is its title.'),
  cancelled: texts.optional(),
  nothing_to_cancel: texts.optional(),
  nothing_to_repeat: texts.optional(),
  help: texts.optional().describe('`titles`: what the agent can do, as one phrase.'),
  denied: texts.optional().describe('After a no to a confirmation.'),
  tool_failed: texts.optional(),
  anything_else: texts.optional().describe('After a finished task.'),
  go_ahead: texts.optional().describe('After a yes to it.'),
  nothing_else: name.optional().describe('The intent to start after a no to it.'),
  after_handoff: texts.optional().describe('After a handoff that `on_handoff` says nothing about.'),
});

export const dialogueFile = z.strictObject({
  slots: z.record(name, slot).optional(),
  intents: z.record(name, intent).optional(),
  on_handoff: z
    .record(z.string(), z.strictObject({ say: texts.optional(), start: name.optional() }))
    .optional()
    .describe(
      'What to begin with after another agent handed over, by the reason it gave; `default` for other reasons.',
    ),
  messages: messages.optional().describe('What the engine says on its own account.'),
});

const fact = z
  .string()
  .regex(/^[a-z]\w*(\.\w+)*$/, 'must be a session variable or a field of one, such as caller.customer_id')
  .describe('A session variable, or a field of one: `caller.customer_id`.');
const amounts = z.record(z.string(), z.number().min(0));

const toolRule = z.strictObject({
  needs: z.array(fact).optional().describe('Session facts without which the tool is not run.'),
  from_session: z
    .record(z.string(), fact)
    .optional()
    .describe('Arguments that are session facts: the model is not asked for them, and cannot give them.'),
  max: amounts.optional().describe('The most that an argument may be in one call; numbers from 0 on are allowed then.'),
  max_total: amounts.optional().describe('The most that an argument may add up to in a conversation.'),
  max_calls: z.int().min(0).optional().describe('How often the tool may be tried in a conversation.'),
  confirm: z
    .boolean()
    .optional()
    .describe(
      "Whether a model's call is run only after the caller has said yes to it. Tools that cannot be undone say so themselves.",
    ),
});

export const agentFile = z.strictObject({
  description: z.string().min(1).describe('One sentence, for people and for models that decide about handoffs.'),
  language: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/, 'must be a BCP 47 language tag, such as en-US'),
  voice: z.strictObject({
    name: z.string().min(1).describe('A voice of the first synthesiser in TTS_SERVICE_MODELS.'),
    providers: z
      .record(z.string(), z.string().min(1))
      .optional()
      .describe('The voices of the synthesisers that may take over, by their names: `azure: en-US-JennyNeural`.'),
    rate: z.number().min(0.5).max(2).describe("1 is the voice's own tempo."),
    pitch: z.number().min(-12).max(12).describe('Semitones up or down.'),
  }),
  greeting: z
    .strictObject({ text: template, interruptible: z.boolean() })
    .optional()
    .describe('Spoken when a session starts with this agent.'),
  on_new_input: z.enum(['interrupt', 'wait']).describe('What a new caller turn does while the agent speaks or thinks.'),
  no_input: z.strictObject({
    after_ms: z.int().min(1000).max(120_000).describe('Silence after the agent has finished speaking.'),
    reprompts: z.array(template).describe('Spoken one after the other; then comes the action.'),
    action: z.discriminatedUnion(
      'type',
      [
        z.strictObject({ type: z.literal('end'), text: template }),
        z.strictObject({ type: z.literal('transfer'), text: template, target: z.string().min(1) }),
      ],
      { error: 'type must be end or transfer' },
    ),
  }),
  barge_in: z.strictObject({
    enabled: z.boolean(),
    backchannels: z.array(z.string()).describe('Short utterances that never interrupt the agent.'),
  }),
  tools: z.array(z.string()).describe('Names of tools this agent may call.'),
  transfers: z
    .array(z.string().min(1).max(100))
    .optional()
    .describe('Where a model may transfer calls to, besides the targets that the rules of this agent name.'),
  tool_rules: z
    .record(z.string(), toolRule)
    .optional()
    .describe('What stands between a model and a tool, whatever the model wants.'),
  model: z
    .strictObject({
      temperature: z.number().min(0).max(2).optional().describe('How freely it words its answers.'),
      max_tokens: z.int().min(16).max(100_000).optional().describe('The longest answer; it is cut off there.'),
    })
    .optional()
    .describe('In place of LLM_TEMPERATURE and LLM_MAX_TOKENS. The embedded dialogue engine ignores it.'),
  apology: template.describe('Spoken when a tool, the model or the synthesiser failed.'),
  fallbacks: z
    .strictObject({
      content_filter: template
        .optional()
        .describe("When the model's operator does not allow the question or the answer."),
      context_length: template.optional().describe('When the conversation has grown too long for the model.'),
    })
    .optional()
    .describe('Spoken in place of the apology where saying it again would not help. Without one, it is the apology.'),
  transfer_failed: template
    .optional()
    .describe('Spoken when a transfer has not worked out and the caller is still here; the apology if it is left out.'),
  waiting: z
    .array(template)
    .optional()
    .describe(
      'Spoken when the caller waits for an answer and hears nothing: the first, the second… time; the last one is used from then on.',
    ),
  reconnected: template
    .optional()
    .describe(
      'Spoken when a caller whose connection was lost is back; what they missed, or the last question, follows.',
    ),
  variables: z
    .array(name)
    .optional()
    .describe("Names of session variables that templates may use besides the scenario's: those that tools set."),
  dialogue: dialogueFile.optional().describe('Rules for the embedded dialogue engine. Models ignore them.'),
});

export const scenarioFile = z.strictObject({
  description: z.string().min(1),
  start: name.describe('The agent that takes the call.'),
  agents: z.array(name).min(1),
  handoffs: z
    .array(
      z.strictObject({
        from: name,
        to: name,
        when: z.string().min(1).describe('When to hand over, for the model.'),
        kind: z
          .enum(['discrete', 'announced'])
          .describe(
            '`announced`: the new agent is to introduce itself; `discrete`: it just goes on. Told to models and clients; with the embedded dialogue, the new agent says what its `on_handoff` has for the reason.',
          ),
      }),
    )
    .optional(),
  variables: z.record(z.string(), z.unknown()).optional().describe('What tools and templates can read from the start.'),
});

export type AgentFile = z.output<typeof agentFile>;
export type DialogueFile = z.output<typeof dialogueFile>;
export type ScenarioFile = z.output<typeof scenarioFile>;
export type IntentFile = z.output<typeof intent>;
export type SlotFile = z.output<typeof slot>;
export type ToolRuleFile = z.output<typeof toolRule>;
export type StepFile = z.output<typeof step>;
export type RepliesFile = z.output<typeof replies>;
export type TextsFile = z.output<typeof texts>;

/** JSON Schemas for editors, by file name under docs/. */
export function agentJsonSchemas(): Record<string, object> {
  return {
    // What an agent's own file leaves out, `_defaults.yaml` may hold.
    'agent.schema.json': { title: 'Parley agent', ...withoutRequired(z.toJSONSchema(agentFile, { io: 'input' })) },
    'scenario.schema.json': { title: 'Parley scenario', ...z.toJSONSchema(scenarioFile, { io: 'input' }) },
  };
}

type Schema = Record<string, unknown>;

/** Nothing is required in maps, which are merged with the defaults; lists are replaced as a whole. */
function withoutRequired(schema: Schema): Schema {
  const { required: _, ...rest } = schema;
  const entries = rest['additionalProperties'];
  if (typeof entries === 'object' && entries !== null) {
    rest['additionalProperties'] = nullable(withoutRequired(entries as Schema));
  }
  if (rest['properties']) {
    rest['properties'] = Object.fromEntries(
      Object.entries(rest['properties'] as Record<string, Schema>).map(([key, value]) => [
        key,
        nullable(withoutRequired(value)),
      ]),
    );
  }
  return rest;
}

/** `null` takes back what the defaults say. */
function nullable(schema: Schema): Schema {
  return {
    anyOf: [schema, { type: 'null' }],
    ...(schema['description'] ? { description: schema['description'] } : {}),
  };
}
