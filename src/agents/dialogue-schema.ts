import { z } from 'zod';
import { condition, name, phrases, template, texts } from './schema-terms.js';

/** The rules for the embedded dialogue engine, in an agent's file. Every sentence here ends up in docs/agents.md. */

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

export type DialogueFile = z.output<typeof dialogueFile>;
export type IntentFile = z.output<typeof intent>;
export type SlotFile = z.output<typeof slot>;
export type StepFile = z.output<typeof step>;
export type RepliesFile = z.output<typeof replies>;
export type TextsFile = z.output<typeof texts>;
