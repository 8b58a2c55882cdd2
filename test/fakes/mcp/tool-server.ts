import { McpServer, type RegisteredTool } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

/** A tool server in this process whose tools come and go, and that can behave badly. */
export class ToolServer {
  /** Arguments of the calls that came, by tool. */
  readonly calls: [tool: string, args: unknown][] = [];
  /** Resolves with each call that its client gave up. */
  readonly aborted: Promise<void>;
  /** What it does to whatever it is asked. */
  fault: 'none' | 'hangs' | 'garbage' | 'html' | 401 | 503 = 'none';
  /** Headers of the newest request. */
  headers: IncomingMessage['headers'] = {};
  private noteAborted: () => void = () => undefined;
  private readonly sessions = new Map<string, StreamableHTTPServerTransport>();
  private readonly servers: { server: McpServer; late: RegisteredTool }[] = [];

  private constructor(private readonly http: Server) {
    this.aborted = new Promise((resolve) => (this.noteAborted = resolve));
    http.on('request', (request, response) => void this.handle(request, response));
  }

  static async start(): Promise<ToolServer> {
    const http = createServer();
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return new ToolServer(http);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}/mcp`;
  }

  /** Offers the tool `late` as well, or no longer, and tells its clients. */
  offerLate(offered: boolean): void {
    for (const { late } of this.servers)
      if (offered) late.enable();
      else late.disable();
  }

  async stop(): Promise<void> {
    for (const transport of this.sessions.values()) await transport.close();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.headers = request.headers;
    if (this.fault === 'hangs') return;
    if (this.fault === 401) return void response.writeHead(401).end('who are you?');
    // A number of its own, which must not be taken for a status.
    if (this.fault === 503) return void response.writeHead(503).end('busy: job 401 is first');
    if (this.fault === 'html') return void response.setHeader('content-type', 'text/html').end('<html>');
    if (this.fault === 'garbage') return void response.setHeader('content-type', 'application/json').end('{"jsonrpc":');
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? this.sessions.get(id) : undefined;
    if (typeof id === 'string' && !known) return void response.writeHead(404).end();
    await (known ?? (await this.open())).handleRequest(request, response);
  }

  private async open(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void this.sessions.set(id, transport),
    });
    await this.createServer().connect(transport);
    return transport;
  }

  private createServer(): McpServer {
    const server = new McpServer({ name: 'tools', version: '1' });
    const text = (words: string) => ({ content: [{ type: 'text' as const, text: words }] });
    server.registerTool('greet', { description: 'Greets', inputSchema: { name: z.string() } }, (args) => {
      this.calls.push(['greet', args]);
      return text(`Hello ${args.name}`);
    });
    server.registerTool('wait', { description: 'Never answers' }, async ({ signal }) => {
      this.calls.push(['wait', {}]);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      this.noteAborted();
      return text('too late');
    });
    server.registerTool('fail', { description: 'Fails' }, () => ({ ...text('The card is unknown.'), isError: true }));
    server.registerTool('flood', { description: 'Says too much' }, () => text('x'.repeat(100_000)));
    const late = server.registerTool('late', { description: 'Comes later' }, () => text('here I am'));
    late.disable();
    this.servers.push({ server, late });
    return server;
  }
}
