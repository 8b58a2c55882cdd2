import { expect } from '@jest/globals';
import type { ConversationEntry } from '../../src/services/conversations/conversation-record.js';
import type { TestServer } from './test-server.js';

interface News {
  readonly event: string;
  readonly data: { readonly entries?: ConversationEntry[]; readonly agent?: string; readonly state?: string };
}

/** What an operator is told of a call, as it comes. */
export class TranscriptReader {
  private readonly gone = new AbortController();
  private constructor(
    readonly status: number,
    private readonly news: AsyncIterator<News>,
  ) {}

  static async open(server: TestServer, id: string, key = ''): Promise<TranscriptReader> {
    const gone = new AbortController();
    const response = await fetch(`${server.url}/api/v1/sessions/${id}/transcript`, {
      headers: key === '' ? {} : { authorization: `Bearer ${key}` },
      signal: gone.signal,
    });
    if (response.status !== 200) await response.body?.cancel();
    else expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const reader = new TranscriptReader(response.status, newsIn(response));
    reader.gone.signal.addEventListener('abort', () => gone.abort());
    return reader;
  }

  /** All that was said, once it has that many entries. */
  async until(entries: number): Promise<ConversationEntry[]> {
    const said: ConversationEntry[] = [];
    while (said.length < entries) said.push(...((await this.next()).data.entries ?? []));
    return said;
  }

  async next(): Promise<News> {
    const { value, done } = await this.news.next();
    if (done) throw new Error('there is no more');
    return value;
  }

  leave(): void {
    this.gone.abort();
  }
}

async function* newsIn(response: Response): AsyncGenerator<News> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop()!;
    for (const part of parts) {
      const [, event = '', data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? [];
      if (event !== '') yield { event, data: JSON.parse(data) as News['data'] };
    }
  }
}
