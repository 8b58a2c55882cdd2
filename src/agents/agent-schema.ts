import { z } from 'zod';
import { dialogueFile } from './dialogue-schema.js';
import { name, template } from './schema-terms.js';

/** The shape of the files under `agents/`, in their own spelling. Every sentence here ends up in docs/agents.md. */

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
export type ScenarioFile = z.output<typeof scenarioFile>;
export type ToolRuleFile = z.output<typeof toolRule>;
