import { permissionsOf } from '../agents/agent.js';
import type { AgentSet } from '../agents/agent-set.js';
import { isAborted } from '../kernel/abort.js';
import type { Clock, Timer } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';
import { withStallLimit } from '../kernel/stall-limit.js';
import type { LlmClient, LlmEvent, LlmToolCall } from '../llm/llm-client.js';
import type { ToolRegistry, ToolRun } from '../tools/tool-registry.js';
import type { ToolContext } from '../tools/tool.js';
import type { ConversationState } from './conversation-state.js';
import type { Generation } from './generation.js';
import { SentenceSplitter } from './sentence-splitter.js';
import type { SessionEvent } from './session-events.js';
import { turnBefore } from './turn.js';

export interface ResponderOptions {
  readonly maxToolRounds: number;
  readonly firstClauseMinChars: number;
  readonly firstClauseWaitMs: number;
  readonly llmStallMs: number;
}

export interface ResponderOutput {
  event(event: SessionEvent): void;
  /** A sentence to speak. */
  sentence(generation: Generation, messageId: string, text: string): void;
}

interface Answer {
  readonly messageId: string;
  text: string;
  readonly calls: LlmToolCall[];
  /** A sentence of it has been handed to the synthesiser. */
  spoken: boolean;
}

/** Makes one answer: asks the model, runs the tools it wants, hands over to other agents, until there is nothing left to do. */
export class Responder {
  constructor(
    private readonly state: ConversationState,
    private readonly llm: LlmClient,
    private readonly tools: ToolRegistry,
    private readonly catalog: AgentSet,
    private readonly clock: Clock,
    private readonly options: ResponderOptions,
    private readonly output: ResponderOutput,
    /** Ends with the session: what tools that must not stop half-way are bound to. */
    private readonly session: AbortSignal,
  ) {}

  /** Throws the generation's abort reason, or a ParleyError when the model failed. */
  async respond(generation: Generation): Promise<void> {
    for (let round = 0; round < this.options.maxToolRounds; round++) {
      const answer = await generation.trace.run(() => this.ask(generation));
      if (answer.calls.length === 0) return this.checkAnswered(generation);
      const runs = await this.runTools(generation, answer.calls);
      // Also when the caller has cut in: the history says that these tools have run.
      for (const run of runs) this.apply(generation, run);
      generation.signal.throwIfAborted();
    }
    throw new ParleyError('llm_failed', `The model asked for tools ${this.options.maxToolRounds} times in one turn`);
  }

  /** A model that finds nothing to say after a tool leaves the caller waiting, unless there is nothing to wait for. */
  private checkAnswered(generation: Generation): void {
    if (generation.hasSpoken || generation.finalAction) return;
    throw new ParleyError('llm_failed', 'The model had nothing to say', true);
  }

  /** Speaks a fixed text as the agent's next message. */
  say(generation: Generation, text: string): void {
    this.sayAs(newAnswer(generation.nextMessageId()), generation, text);
  }

  /** Likewise, in place of an answer. */
  apologise(generation: Generation, text: string): void {
    this.sayAs(newAnswer(generation.nextAsideId()), generation, text);
  }

  private sayAs(answer: Answer, generation: Generation, text: string): void {
    const splitter = this.splitter();
    this.onText(generation, answer, splitter, text);
    this.finishMessage(generation, answer, splitter);
  }

  private async ask(generation: Generation): Promise<Answer> {
    let answer = newAnswer(generation.nextMessageId());
    let splitter = this.splitter();
    let waiting: Timer | undefined;
    let overdue = false;
    const speakFirst = (): void => {
      overdue = true;
      this.speak(generation, answer, splitter.flushFirst());
    };
    try {
      for await (const event of this.events(generation.signal, () => answer.spoken)) {
        generation.signal.throwIfAborted();
        if (event.type === 'restart') {
          waiting?.cancel();
          waiting = undefined;
          overdue = false;
          this.withdraw(generation, answer);
          generation.forgetToken();
          answer = newAnswer(generation.nextMessageId());
          splitter = this.splitter();
        }
        if (event.type === 'tool_call') answer.calls.push(event.call);
        if (event.type !== 'text' || event.text === '') continue;
        generation.noteToken();
        this.onText(generation, answer, splitter, event.text);
        if (overdue) speakFirst();
        else if (splitter.firstPending) waiting ??= this.clock.setTimeout(speakFirst, this.options.firstClauseWaitMs);
      }
      generation.signal.throwIfAborted();
    } catch (error) {
      if (generation.signal.aborted) {
        // What was said so far stays; the pipeline cuts it to what was heard.
        this.state.history.addAssistant(generation.id, answer.messageId, answer.text);
        throw generation.signal.reason;
      }
      // The tools it asked for are not run.
      this.finishMessage(generation, { ...answer, calls: [] }, splitter);
      throw error instanceof ParleyError
        ? error
        : new ParleyError('llm_failed', 'The model failed', true, { cause: error });
    } finally {
      waiting?.cancel();
    }
    this.finishMessage(generation, answer, splitter);
    return answer;
  }

  private events(signal: AbortSignal, spoken: () => boolean): AsyncIterable<LlmEvent> {
    const { llmStallMs } = this.options;
    const stalled = (): Error => new ParleyError('llm_failed', `The model brought nothing for ${llmStallMs} ms`, true);
    return withStallLimit(
      (child) => this.llm.stream({ ...this.request(), spoken }, child),
      signal,
      this.clock,
      llmStallMs,
      stalled,
    );
  }

  private request(): Parameters<LlmClient['stream']>[0] {
    const { agent, history, memory } = this.state;
    const variables = this.state.templateVariables;
    return {
      messages: [{ role: 'system', content: agent.renderPrompt(variables) }, ...history.window()],
      tools: this.tools.definitions(agent.tools, this.toolContext()),
      dialogue: agent.dialogue,
      variables,
      memory,
      ...(agent.sampling && { sampling: agent.sampling }),
    };
  }

  private onText(generation: Generation, answer: Answer, splitter: SentenceSplitter, text: string): void {
    const { messageId } = answer;
    if (answer.text === '') {
      this.output.event({
        type: 'text_stream_start',
        generation_id: generation.id,
        message_id: messageId,
        agent: this.state.agent.name,
      });
    }
    answer.text += text;
    this.output.event({ type: 'text_chunk', generation_id: generation.id, message_id: messageId, text });
    this.speak(generation, answer, splitter.push(text));
  }

  private finishMessage(generation: Generation, answer: Answer, splitter: SentenceSplitter): void {
    const { messageId, text, calls } = answer;
    if (text !== '') {
      this.speak(generation, answer, splitter.end());
      this.output.event({ type: 'text_stream_stop', generation_id: generation.id, message_id: messageId, text });
    }
    this.state.history.addAssistant(generation.id, messageId, text, calls);
  }

  /** What it was going to say is not said, nor remembered. */
  private withdraw(generation: Generation, { messageId, text }: Answer): void {
    if (text === '') return;
    this.output.event({ type: 'text_stream_stop', generation_id: generation.id, message_id: messageId, text });
  }

  private speak(generation: Generation, answer: Answer, sentences: readonly string[]): void {
    answer.spoken ||= sentences.length > 0;
    for (const text of sentences) this.output.sentence(generation, answer.messageId, text);
  }

  private async runTools(generation: Generation, calls: readonly LlmToolCall[]): Promise<ToolRun[]> {
    const { id, text } = generation.turn;
    generation.usedTools = true;
    const context = this.toolContext({ turn: id, before: turnBefore(id), text: id === null ? '' : text });
    const results = await Promise.allSettled(calls.map((call) => this.runTool(generation, call, context)));
    const runs: ToolRun[] = [];
    for (const [index, result] of results.entries()) {
      const call = calls[index]!;
      if (result.status === 'fulfilled') runs.push(result.value);
      const content =
        result.status === 'fulfilled'
          ? result.value.content
          : JSON.stringify({ error: 'The caller interrupted', code: 'interrupted' });
      this.state.history.addToolResult(generation.id, call, content);
    }
    return runs;
  }

  /** Waits while it is not clear whether the caller has cut in. */
  private async runTool(generation: Generation, call: LlmToolCall, context: ToolContext): Promise<ToolRun> {
    const { callId, name } = call;
    await generation.whenReleased();
    const startedAt = this.clock.now();
    this.output.event({ type: 'tool_start', generation_id: generation.id, tool: name, call_id: callId });
    const end = (ok: boolean, error?: string): void =>
      this.output.event({
        type: 'tool_end',
        generation_id: generation.id,
        tool: name,
        call_id: callId,
        ok,
        duration_ms: Math.round(this.clock.now() - startedAt),
        ...(error === undefined ? {} : { error }),
      });
    try {
      const signal = this.tools.isInterruptible(name) ? generation.signal : this.session;
      const run = await generation.trace.tool(this.tools.nameOf(call), call, () =>
        this.tools.run(call, context, signal),
      );
      end(run.ok, run.error);
      return run;
    } catch (error) {
      end(false, isAborted(error) ? error.kind : 'failed');
      throw error;
    }
  }

  private apply(generation: Generation, run: ToolRun): void {
    const effect = run.effect;
    if (!effect) return;
    if (effect.type !== 'handoff') {
      generation.finalAction = effect;
      return;
    }
    const { agent, handoffs } = this.state;
    const kind = handoffs.find((handoff) => handoff.to === effect.target)?.kind ?? 'announced';
    this.state.agent = this.catalog.agent(effect.target);
    generation.trace.handoff(agent.name, effect.target, kind);
    this.output.event({ type: 'handoff', from: agent.name, to: effect.target, reason: effect.reason, kind });
  }

  private toolContext(heard: ToolContext['heard'] = { turn: null, before: null, text: '' }): ToolContext {
    const { sessionId, agent, handoffs, variables } = this.state;
    const handoffTargets = handoffs.map((handoff) => handoff.to);
    return { sessionId, agent: agent.name, variables, handoffTargets, allowed: permissionsOf(agent), heard };
  }

  private splitter(): SentenceSplitter {
    return new SentenceSplitter(this.state.agent.language, this.options.firstClauseMinChars);
  }
}

function newAnswer(messageId: string): Answer {
  return { messageId, text: '', calls: [], spoken: false };
}
