import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const NOTE = /^note (\w+)$/;

/**
 * A model behind the chat completions API whose answers tell all that the caller has said so far in the conversation that
 * it is sent: what is missing there was forgotten.
 */
export class RememberingModel {
  private constructor(private readonly server: Server) {}

  static async start(): Promise<RememberingModel> {
    const server = createServer((request, response) => void answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new RememberingModel(server);
  }

  get settings(): NodeJS.ProcessEnv {
    const { port } = this.server.address() as AddressInfo;
    return { LLM_MODELS: 'openai:remembering', OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** What an answer says that its model knows, in order, each once. */
export function known(text: string): string[] {
  const [, words = ''] = /^I know (.+)\.$/.exec(text.trim()) ?? [];
  return words.split(' and ').filter((word) => word !== '' && word !== 'nothing');
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  if (request.url !== '/v1/chat/completions') {
    response.writeHead(404).end();
    return;
  }
  const { messages } = JSON.parse(Buffer.concat(parts).toString()) as {
    messages: { role: string; content: string | null }[];
  };
  const notes = messages.flatMap(({ role, content }) =>
    role === 'user' ? [NOTE.exec(content ?? '')?.[1]].filter((note) => note !== undefined) : [],
  );
  const content = `I know ${[...new Set(notes)].join(' and ') || 'nothing'}.`;
  const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'remembering' };
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const [delta, finish_reason] of [
    [{ role: 'assistant', content }, null],
    [{}, 'stop'],
  ])
    response.write(`data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
  response.end('data: [DONE]\n\n');
}
