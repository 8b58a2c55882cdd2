import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { JobQueue } from '../../src/pusher/jobs/job-queue.js';
import { readWebhooks } from '../../src/pusher/webhooks/webhook-file.js';
import { TestCaller, TestServer, withoutSpeech } from '../support/test-server.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OLD_SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What somebody else's system does with webhooks. */
class Receiver {
  readonly received: Received[] = [];
  /** Answers, the first first; 204 when there are no more. */
  readonly answers: number[] = [];
  private waiting: (() => void)[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Receiver> {
    const server = createServer((request, response) => {
      void textOf(request).then((body) => {
        receiver.received.push({ headers: request.headers, body });
        response.writeHead(receiver.answers.shift() ?? 204, { location: receiver.url }).end('a long answer');
        receiver.waiting.splice(0).forEach((tell) => tell());
      });
    });
    const receiver = new Receiver(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hooks`;
  }

  async got(count: number): Promise<Received[]> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.received;
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

let folder: string;
let receiver: Receiver;
let server: TestServer | undefined;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'parley-webhooks-'));
  receiver = await Receiver.start();
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  await receiver.stop();
  rmSync(folder, { recursive: true });
});

function fileWith(content: string): string {
  const file = path.join(folder, 'webhooks.yaml');
  writeFileSync(file, content);
  return file;
}

/** A server with one endpoint, and a call that is over. */
async function call(options: { more?: string; answers?: number[] } = {}): Promise<string> {
  receiver.answers.push(...(options.answers ?? []));
  server = await TestServer.start({
    ...withoutSpeech,
    GREETING: 'off',
    LLM_MODELS: 'scripted',
    SCRIPTED_LLM_TEXT: 'Fine.',
    CONVERSATION_STORE: 'sqlite',
    DATA_DIR: folder,
    JOB_RETRY_MS: '1',
    WEBHOOK_TEST_SECRET: SECRET,
    WEBHOOKS_FILE: fileWith(
      `endpoints:\n  - name: crm\n    url: ${receiver.url}\n    secrets: ['\${WEBHOOK_TEST_SECRET}', '${OLD_SECRET}']\n    allow_private_network: true\n${options.more ?? ''}`,
    ),
  });
  const caller = await TestCaller.dial(server);
  const { session_id: id } = await caller.next('session_started');
  caller.send({ type: 'user_message', text: 'my card 4242 4242 4242 4242 was stolen' });
  await caller.next('generation_complete');
  caller.send({ type: 'end' });
  await caller.closed;
  return id;
}

describe('whoever wants to know of conversations', () => {
  it('is told when one is over, signed as the standard says', async () => {
    const id = await call();
    const [{ headers, body }] = (await receiver.got(1)) as [Received];
    for (const secret of [SECRET, OLD_SECRET])
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
        type: 'conversation.completed',
        data: {
          conversation_id: id,
          tenant: 'default',
          kind: 'voice',
          end_reason: 'completed',
          insights: { generation: 1, made_by: 'extractive' },
        },
      });
    expect(headers).toMatchObject({ 'webhook-id': `webhook.crm.${id}.1`, 'content-type': 'application/json' });
    expect(body).not.toContain('transcript');
    expect(body).not.toContain('4242');
  });

  it('is told what was said if it wants to, without what was taken out', async () => {
    await call({ more: '    transcript: true\n' });
    const [{ body }] = (await receiver.got(1)) as [Received];
    const { data } = JSON.parse(body) as { data: { transcript: unknown[] } };
    expect(data.transcript).toEqual(
      expect.arrayContaining([expect.objectContaining({ leg: 'customer', text: 'my card [card] was stolen' })]),
    );
  });

  it('is told again, in the same words, until it takes it', async () => {
    await call({ answers: [500, 302, 404] });
    const got = await receiver.got(4);
    expect(new Set(got.map(({ body }) => body)).size).toBe(1);
    expect(new Set(got.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('is not told again once it says that it is gone; an operator can have it told again', async () => {
    const id = await call({ answers: [410] });
    await receiver.got(1);
    const queue = server!.app.get(JobQueue, { strict: false });
    const jobId = `webhook.crm.${id}.1`;
    while ((await queue.stateOf(jobId)) !== 'dead') await new Promise((resolve) => setImmediate(resolve));
    expect((await queue.dead(1))[0]).toMatchObject({ id: jobId, problem: 'crm answered 410' });
    await queue.revive(jobId);
    expect(await receiver.got(2)).toHaveLength(2);
  });

  it('is told nothing of other tenants', async () => {
    const id = await call({ more: '    tenants: [bank]\n' });
    const queue = server!.app.get(JobQueue, { strict: false });
    while ((await queue.stateOf(`process.${id}.1`)) !== 'done') await new Promise((resolve) => setImmediate(resolve));
    expect(await queue.stateOf(`webhook.crm.${id}.1`)).toBeUndefined();
  });
});

describe('the file of webhooks', () => {
  it.each([
    [
      'endpoints: [{name: a, url: "http://x.test", secrets: [SECRET]}]',
      /endpoints\.0: url: plain http is only allowed/,
    ],
    ['endpoints: [{name: a, url: "https://u:p@x.test", secrets: [SECRET]}]', /url: allowed is https/],
    ['endpoints: [{name: a, url: "https://x.test", secrets: ["hunter2hunter2"]}]', /secrets: each must be whsec_/],
    ['endpoints: [{name: a, url: "https://x.test", secrets: ["${NOT_THERE}"]}]', /endpoints\.0: NOT_THERE is not set/],
    [
      'endpoints: [{name: a, url: "https://x.test", secrets: ["${TOO_SHORT}"]}]',
      /endpoints\.0: secrets: TOO_SHORT must be whsec_/,
    ],
    ['endpoints: [{name: a, url: "https://x.test"}]', /endpoints\.0\.secrets: is missing.*\$\{CRM_WEBHOOK_SECRET\}/],
    ['endpoints: [{name: a, url: "https://x.test", secrets: ["${EMPTY}"]}]', /EMPTY is not set/],
    ['endpoints: [{name: "A b", url: "https://x.test", secrets: [SECRET]}]', /endpoints\.0\.name: must be/],
    [
      'endpoints: [{name: a, url: "https://x.test", secrets: [SECRET]}, {name: a, url: "https://x.test", secrets: [SECRET]}]',
      /two endpoints named a/,
    ],
    ['endpoints: [', /webhooks\.yaml: /],
    ['{endpoints: [{name: a, url: "https://x.test", secrets: [SECRET]}]}:', /mean nothing here: one that is no name/],
    ['endpoints: [{name: a, url: "https://x.test", SECRET: , secret: SECRET}]', /no name, "secret"/],
    ['endpoints: [{name: a, url: "https://x.test", secrets: [*SECRET]}]', /an alias of nothing/],
  ])('%s is refused', (content, problem) => {
    const read = (): unknown =>
      readWebhooks(fileWith(content.replaceAll(/\bSECRET\b/g, SECRET)), '/', {
        TOO_SHORT: 'whsec_c2hvcnQ=',
        EMPTY: '',
      });
    expect(read).toThrow(problem);
    expect(read).not.toThrow(/hunter2|u:p/);
    expect(read).not.toThrow(SECRET.slice('whsec_'.length));
  });

  it('may not be there, or be one that is', () => {
    expect(readWebhooks('', '/', {})).toEqual([]);
    expect(() => readWebhooks('/nowhere.yaml', '/', {})).toThrow('WEBHOOKS_FILE: there is no /nowhere.yaml');
  });
});
