import type { ConversationState } from './conversation-state.js';
import type { SilenceStep } from './silence-watch.js';
import type { FinalAction, Turn } from './turn.js';

/** What agents say on their own account: nobody has asked them. */
const own = { id: null, rejected: false, interruptible: true } as const;

/** Before anybody else does; undefined if the agent waits for the caller. @param greets whether agents may */
export function greetingOf(state: ConversationState, greets: boolean): Turn | undefined {
  const { greeting } = state.agent;
  if (!greeting || !greets) return undefined;
  return { ...own, source: 'greeting', text: state.render(greeting.text), interruptible: greeting.interruptible };
}

/** The caller is back: what was not answered, or not heard, comes first; else the agent says again what it wants. */
export function reunionOf(state: ConversationState, greets: boolean): Turn | undefined {
  const { awaits } = state.history;
  // An answer that is known, but was not heard at all, is said as it was.
  if (awaits === 'model' || (awaits === 'answer' && state.unsaid === ''))
    return { ...own, source: 'reconnect', text: '' };
  let text = state.unsaid || state.history.lastSentence;
  if (text === '') return greetingOf(state, greets);
  const apology = state.render(state.agent.reconnected);
  // It was lost again before the apology was heard.
  if (apology !== '' && text.startsWith(apology)) text = text.slice(apology.length);
  return { ...own, source: 'reconnect', text: `${apology} ${text.trim()}`.trim() };
}

/** The caller says nothing. */
export function remarkOnSilence(state: ConversationState, step: SilenceStep): Turn {
  if ('reprompt' in step) return { ...own, source: 'no_input', text: state.render(step.reprompt) };
  const { action } = step;
  const reason = 'no_input';
  const finalAction: FinalAction = action.type === 'end' ? { type: 'end', reason } : { ...action, reason };
  return { ...own, source: 'no_input', text: state.render(action.text), finalAction };
}

/** The caller waits, and hears nothing. @param times it was so before; undefined if there is nothing to say to that */
export function fillerOf(state: ConversationState, times: number): Turn | undefined {
  const { waiting } = state.agent;
  const template = waiting[Math.min(times, waiting.length - 1)];
  if (template === undefined) return undefined;
  return { ...own, source: 'filler', text: state.render(template), interruptible: false };
}

/** Nobody has taken the caller. */
export function regretOf(state: ConversationState): Turn {
  return { ...own, source: 'transfer_failed', text: state.render(state.agent.transferFailed) };
}
