import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;

interface Told {
  readonly data: { readonly conversation_id: string; readonly insights: { readonly processed_at: string } };
}

/** Takes webhooks as another system would: checks them, and counts which readings of a conversation it was told of. */
export class WebhookReceiver {
  requests = 0;
  private readonly readings = new Map<string, Set<string>>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<WebhookReceiver> {
    const server = createServer((request, response) => {
      void textOf(request).then((body) => {
        receiver.take(body, request.headers as Record<string, string>);
        response.writeHead(204).end();
      });
    });
    const receiver = new WebhookReceiver(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** How many results of processing it there were: a result that is told twice is one. */
  readingsOf(conversationId: string): number {
    return this.readings.get(conversationId)?.size ?? 0;
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private take(body: string, headers: Record<string, string>): void {
    this.requests++;
    const { data } = new Webhook(WEBHOOK_SECRET).verify(body, headers) as Told;
    const seen = this.readings.get(data.conversation_id) ?? new Set();
    this.readings.set(data.conversation_id, seen.add(data.insights.processed_at));
  }
}
