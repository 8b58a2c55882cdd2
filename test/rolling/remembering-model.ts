import { createHash } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** As real ones do: so that whatever happens to a server, some turns are on their way. */
const THINKING_MS = 500;
const NOTE = /^note (\w+)$/;
const ANSWER = /I know \d+ notes as [a-p]{8}\./g;

/**
 * A model behind the chat completions API whose answers tell exactly which notes the caller has given, in the order in which
 * they stand in the conversation that it is sent: what is missing there was forgotten, what is there twice was doubled.
 */
export class RememberingModel {
  private readonly meant = new Map<string, readonly string[]>();

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.answer(request, response));
  }

  static async start(): Promise<RememberingModel> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new RememberingModel(server);
  }

  get settings(): NodeJS.ProcessEnv {
    const { port } = this.server.address() as AddressInfo;
    return { LLM_MODELS: 'openai:remembering', OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` };
  }

  /** The notes behind an answer. */
  meaning(answer: string): string {
    return this.meant.get(answer)?.join(' ') ?? 'nothing that anybody was sent';
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (request.url !== '/v1/chat/completions') {
      response.writeHead(404).end();
      return;
    }
    const { messages } = JSON.parse(Buffer.concat(parts).toString()) as {
      messages: { role: string; content: string | null }[];
    };
    // What is not quite a note stays as it is, so that it shows: two that were made one, or half of one.
    const notes = messages.flatMap(({ role, content }) =>
      role === 'user' && content?.includes('note') ? [NOTE.exec(content)?.[1] ?? content] : [],
    );
    const content = answerTo(notes);
    this.meant.set(content, notes);
    await pause(THINKING_MS);
    const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'remembering' };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const [delta, finish_reason] of [
      [{ role: 'assistant', content }, null],
      [{}, 'stop'],
    ])
      response.write(`data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
    response.end('data: [DONE]\n\n');
  }
}

/** What the model says to who has given these notes, in this order; as long however many there are. */
export function answerTo(notes: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(notes)).digest('hex').slice(0, 8);
  return `I know ${notes.length} notes as ${hash.replaceAll(/\d/g, (digit) => 'ghijklmnop'[Number(digit)]!)}.`;
}

/** Among words of the agent's own. */
export function answersIn(text: string): string[] {
  return text.match(ANSWER) ?? [];
}
