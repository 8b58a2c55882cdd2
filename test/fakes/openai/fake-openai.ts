import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { complaintAbout } from './chat-request-check.js';
import { type FakeReply, type FakeStep, says } from './fake-reply.js';

export interface FakeOpenAiOptions {
  /** Empty: a server that wants no key, and is not given one. */
  readonly key?: string;
  /** Tokens of Entra ID that are taken in place of the key. */
  readonly tokens?: readonly string[];
}

export interface RecordedRequest {
  readonly api: 'azure' | 'openai';
  readonly model: string;
  readonly body: ChatRequestBody;
  readonly headers: IncomingMessage['headers'];
  /** Resolves when nothing more is sent: `closed` if the client closed it before its end. */
  readonly over: Promise<'answered' | 'closed'>;
}

export interface ChatRequestBody {
  readonly messages: { role: string; content: string | null; tool_call_id?: string; tool_calls?: unknown[] }[];
  readonly tools?: unknown[];
  readonly temperature?: number;
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
}

const KEY = 'key-that-nobody-may-see';

/**
 * Chat completions as Azure OpenAI and OpenAI speak them, on loopback. It is as strict as they are about paths,
 * credentials and the order of messages, answers errors in their shapes, and does what its script says.
 */
export class FakeOpenAi {
  readonly requests: RecordedRequest[] = [];
  /** What was wrong with requests. */
  readonly complaints: string[] = [];
  connections = 0;
  private readonly models = new Map<string, FakeModel>();
  private readonly waiting = new Set<() => void>();

  private constructor(
    private readonly server: Server,
    readonly key: string,
    private readonly tokens: readonly string[],
  ) {
    server.on('connection', () => this.connections++);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.serve(request, response));
  }

  static async start({ key = KEY, tokens = [] }: FakeOpenAiOptions = {}): Promise<FakeOpenAi> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    const fake = new FakeOpenAi(server, key, tokens);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  /** As AZURE_OPENAI_ENDPOINT has it. */
  get azureEndpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** As OPENAI_BASE_URL has it. */
  get baseUrl(): string {
    return `${this.azureEndpoint}/v1`;
  }

  /** Of either API; a model that was never named here does not exist. */
  model(name: string): FakeModel {
    const model = this.models.get(name) ?? new FakeModel();
    this.models.set(name, model);
    return model;
  }

  /** Resolves with the request of this number, counted from 0, once it is there. */
  async requested(index: number): Promise<RecordedRequest> {
    while (this.requests.length <= index) await new Promise<void>((resolve) => this.waiting.add(resolve));
    return this.requests[index]!;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.azureEndpoint);
    const [, deployment] = /^\/openai\/deployments\/([^/]+)\/chat\/completions$/.exec(url.pathname) ?? [];
    const api = deployment === undefined ? 'openai' : 'azure';
    const text = await bodyOf(request).catch(() => undefined);
    if (text === undefined) return;
    const body = parse(text) as (ChatRequestBody & { model?: string }) | undefined;
    const refusal = this.refusal(request, url, deployment, body);
    if (refusal) {
      this.complaints.push(JSON.stringify(refusal));
      send(response, refusal.status, refusal.body);
      return;
    }
    const model = decodeURIComponent(deployment ?? body!.model!);
    const over = new Promise<'answered' | 'closed'>((resolve) => {
      response.on('close', () => resolve(response.writableFinished ? 'answered' : 'closed'));
    });
    this.requests.push({ api, model, body: body!, headers: request.headers, over });
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
    await this.models.get(model)!.answer(request, response, api, model);
  }

  private refusal(
    request: IncomingMessage,
    url: URL,
    deployment: string | undefined,
    body: { model?: string } | undefined,
  ): { status: number; body: unknown } | undefined {
    const azure = deployment !== undefined;
    if (!azure && url.pathname !== '/v1/chat/completions') return azureError(404, '404', 'Resource not found');
    if (request.method !== 'POST') return azureError(405, '405', 'Method not allowed');
    if (!(request.headers['content-type'] ?? '').startsWith('application/json'))
      return openAiError(415, { message: 'Unsupported Media Type' });
    const { authorization, 'api-key': apiKey } = request.headers;
    const byToken = this.tokens.some((token) => authorization === `Bearer ${token}`);
    if (azure) {
      if (!/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(url.searchParams.get('api-version') ?? ''))
        return azureError(404, '404', 'Resource not found');
      if (apiKey !== undefined && authorization !== undefined)
        return azureError(400, '400', 'Both a key and a token were sent');
      if (apiKey !== this.key && !byToken)
        return azureError(
          401,
          '401',
          `Access denied due to invalid subscription key ${String(apiKey ?? authorization)} or wrong API endpoint.`,
        );
    } else if (authorization !== (this.key === '' ? undefined : `Bearer ${this.key}`)) {
      const message = `Incorrect API key provided: ${String(authorization)}.`;
      return openAiError(401, { message, code: 'invalid_api_key' });
    }
    const model = azure ? decodeURIComponent(deployment) : body?.model;
    if (model === undefined || !this.models.has(model))
      return azure
        ? azureError(404, 'DeploymentNotFound', 'The API deployment for this resource does not exist.')
        : openAiError(404, { message: `The model '${model}' does not exist`, code: 'model_not_found' });
    const complaint = complaintAbout(body, azure ? 'max_completion_tokens' : 'max_tokens');
    return complaint && openAiError(400, complaint);
  }
}

/** What one model answers: its replies in their order, and then what it always says. */
export class FakeModel {
  /** How many requests it got. */
  asked = 0;
  private readonly replies: FakeReply[] = [];
  private usual: FakeReply = says('All right.');

  reply(...replies: FakeReply[]): this {
    this.replies.push(...replies);
    return this;
  }

  always(reply: FakeReply): this {
    this.usual = reply;
    return this;
  }

  /** @internal */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    api: RecordedRequest['api'],
    model: string,
  ): Promise<void> {
    this.asked++;
    const reply = this.replies.shift() ?? this.usual;
    if ('silence' in reply) return;
    if ('hangUp' in reply) return void request.socket.destroy();
    if ('status' in reply) return send(response, reply.status, reply.body, reply.headers);
    response.writeHead(200, { 'content-type': reply.contentType ?? 'text/event-stream; charset=utf-8' });
    const stream = new FakeStream(response, model);
    // As Azure begins.
    if (api === 'azure') stream.event({ ...stream.head, choices: [], prompt_filter_results: [{ prompt_index: 0 }] });
    stream.delta({ role: 'assistant', content: '' });
    for (const step of reply.steps) {
      if (response.destroyed) return;
      if ((await stream.perform(step)) === 'over') return;
    }
    stream.event({
      ...stream.head,
      choices: [],
      usage: { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 },
    });
    response.end('data: [DONE]\n\n');
  }
}

class FakeStream {
  readonly head;

  constructor(
    private readonly response: ServerResponse,
    model: string,
  ) {
    this.head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model };
  }

  async perform(step: FakeStep): Promise<'over' | 'goes on'> {
    if ('say' in step) this.delta({ content: step.say });
    else if ('call' in step) {
      const { index, id, name, arguments: json } = step.call;
      const begins = id === undefined ? {} : { id, type: 'function' };
      const fragment = { ...(name !== undefined && { name }), arguments: json ?? '' };
      this.delta({ tool_calls: [{ index, ...begins, function: fragment }] });
    } else if ('finish' in step) this.delta({}, step.finish);
    else if ('chunk' in step) this.event(step.chunk);
    else if ('raw' in step) this.response.write(step.raw);
    else if ('error' in step) this.response.write(`event: error\ndata: ${JSON.stringify({ error: step.error })}\n\n`);
    else if ('wait' in step) await step.wait;
    else if ('stall' in step) return 'over';
    else if ('die' in step) {
      // What was written before is to arrive before the end does.
      await new Promise<void>((resolve) => this.response.write(': \n\n', () => resolve()));
      this.response.destroy();
      return 'over';
    } else {
      this.response.end();
      return 'over';
    }
    return 'goes on';
  }

  delta(delta: object, finish: string | null = null): void {
    this.event({ ...this.head, choices: [{ index: 0, delta, finish_reason: finish }] });
  }

  event(data: unknown): void {
    this.response.write(`data: ${JSON.stringify(data)}\n\n`);
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req-1', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
}

function azureError(status: number, code: string, message: string) {
  return { status, body: { error: { code, message } } };
}

function openAiError(status: number, error: { message: string; code?: string; param?: string }) {
  return { status, body: { error: { type: 'invalid_request_error', param: null, code: null, ...error } } };
}
