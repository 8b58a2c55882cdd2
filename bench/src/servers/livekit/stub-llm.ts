import { DEFAULT_API_CONNECT_OPTIONS, llm } from '@livekit/agents';

/** 27 words, the same text as the scripted model of the Parley row speaks by default. */
export const ANSWER =
  'Thank you for calling. I have found your account, and everything on it looks right. Your next payment is due on the first of the next month.';
export const ANSWER_WORDS = ANSWER.split(' ').length;

type ChatOptions = Parameters<llm.LLM['chat']>[0];

/** Answers at once, with everything. */
export class InstantLlm extends llm.LLM {
  label(): string {
    return 'bench.instant-llm';
  }

  chat(options: ChatOptions): llm.LLMStream {
    return new InstantStream(this, { ...options, connOptions: options.connOptions ?? DEFAULT_API_CONNECT_OPTIONS });
  }
}

class InstantStream extends llm.LLMStream {
  protected async run(): Promise<void> {
    this.queue.put({ id: 'bench', delta: { role: 'assistant', content: ANSWER } });
  }
}
