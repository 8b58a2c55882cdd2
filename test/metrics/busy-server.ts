import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { LocalServer } from '../../src/cli/local-server.js';
import { packageRoot } from '../../src/config/package-root.js';
import { DeepgramFake } from '../fakes/deepgram/deepgram-fake.js';
import { ToolServer } from '../fakes/mcp/tool-server.js';
import { FakeOpenAi } from '../fakes/openai/fake-openai.js';
import { calls, says, serverError } from '../fakes/openai/fake-reply.js';
import { ListenCaller } from '../listen/support/listen-caller.js';
import { TestCaller, type TestServer, withoutSpeech } from '../support/test-server.js';
import { HeaderListener } from '../telemetry/header-listener.js';

/** What is said, and what tools are told: in no metric. */
export const SAID = ['xylophone', 'marmalade', 'zeppelin'] as const;

const LOUD = new Int16Array(8000).fill(9000);
const QUIET = new Int16Array(8000);

/** A server that has nearly everything a server can have, and on which nearly everything happens that can. */
export class BusyServer {
  readonly sessions: string[] = [];

  private constructor(
    readonly server: LocalServer,
    private readonly model: FakeOpenAi,
    private readonly cleanUp: () => Promise<void>,
  ) {}

  static async start(): Promise<BusyServer> {
    const folder = mkdtempSync(path.join(tmpdir(), 'parley-busy-'));
    const fakes = await Promise.all([
      DeepgramFake.start(),
      FakeOpenAi.start(),
      ToolServer.start(),
      HeaderListener.start(),
    ]);
    const [deepgram, model, tools, crm] = fakes;
    deepgram.faults = { diesAfterMs: 100 };
    model.model('broken').always(serverError);
    model.model('first').always(says('Yes.'));
    const cleanUp = async (): Promise<void> => {
      await Promise.all(fakes.map((fake) => fake.stop()));
      rmSync(folder, { recursive: true, force: true });
    };
    try {
      const server = await LocalServer.start({
        ...withoutSpeech,
        STT_SERVICE_MODELS: 'deepgram,scripted',
        DEEPGRAM_URL: deepgram.url,
        DEEPGRAM_API_KEY: deepgram.key,
        SCRIPTED_STT_TEXT: `where is my ${SAID[0]}`,
        LLM_MODELS: 'openai:broken,openai:first,embedded',
        LLM_BREAKER_FAILURES: '100',
        // Whatever else this machine is busy with.
        LLM_FIRST_TOKEN_MS: '10000',
        LLM_FIRST_TOKEN_TOTAL_MS: '20000',
        OVERLOAD_EVENT_LOOP_DELAY_MS: '10000',
        OPENAI_BASE_URL: model.baseUrl,
        OPENAI_API_KEY: model.key,
        AGENTS_DIR: agentsIn(folder),
        ...toolServer(folder, tools.url),
        WEBHOOKS_FILE: webhooks(folder, crm.url),
        CONVERSATION_STORE: 'sqlite',
        DATA_DIR: folder,
        // Reading them would get answers of the model that are for callers.
        POST_CALL: 'false',
        CALL_RECORDING: 'stereo',
        LISTEN_AUDIO: 'on',
        MAX_CONNECTIONS: '2',
        SESSION_QUEUE: '0',
      });
      return new BusyServer(server, model, cleanUp);
    } catch (error) {
      await cleanUp();
      throw error;
    }
  }

  /** host:port */
  get metricsAddress(): string {
    const line = this.server.output.find((text) => text.includes('Metrics at'))!;
    return new URL(/http:\S+?(?=")/.exec(line)![0]).host;
  }

  /** Speech, tools, a handoff, a barge-in, a transfer, a caller too many, by telephone too, one who listens, and requests over HTTP. */
  async happen(): Promise<void> {
    await this.call();
    await this.transferred();
    await this.refuse();
    for (const page of ['/api/v1/pools', `/api/v1/conversations/${this.sessions[0]}`, `/no/${this.sessions[0]}`])
      await fetch(`${this.server.url}${page}`);
    await this.ring();
    await this.listen();
  }

  async stop(): Promise<void> {
    await this.server.stop('SIGKILL');
    await this.cleanUp();
  }

  private async call(): Promise<void> {
    const first = this.model.model('first');
    first.reply(calls({ name: 'cardapi_greet', arguments: { name: SAID[1] } }));
    first.reply(says(`It is your ${SAID[1]}. `, 'Is there anything else that I can do?'));
    first.reply(
      calls(
        { name: `made_up_${SAID[2]}`, arguments: {} },
        { name: 'handoff_to_agent', arguments: { target: 'fraud_desk', reason: SAID[2] } },
      ),
    );
    first.reply(says('This is the fraud desk, and this is a long sentence that somebody will cut short.'));
    const caller = await this.dial();
    await say(caller, 20, LOUD);
    await say(caller, 40, QUIET);
    await caller.next('generation_complete', 0, ({ metrics }) => metrics.voice_to_voice_ms !== undefined);
    const since = caller.events.length;
    caller.send({ type: 'user_message', text: `my ${SAID[0]} was stolen` });
    await caller.next('handoff', since);
    await caller.next('audio_stream_start', since);
    await say(caller, 40, LOUD);
    await caller.next('generation_complete', since, ({ outcome }) => outcome === 'interrupted');
    await say(caller, 40, QUIET);
    await caller.next('generation_complete', since, ({ outcome }) => outcome === 'completed');
    caller.send({ type: 'end' });
    await caller.closed;
  }

  private async transferred(): Promise<void> {
    const first = this.model.model('first');
    first.reply(calls({ name: 'transfer_to_human', arguments: { reason: SAID[2] } }));
    first.reply(says('I put you through.'));
    const caller = await this.dial();
    caller.send({ type: 'user_message', text: 'a human' });
    await caller.next('transfer');
    await caller.closed;
  }

  private async listen(): Promise<void> {
    const caller = await ListenCaller.dial(this.server.url, '?sample_rate=8000&channels=2');
    await caller.ready();
    for (const pcm of [LOUD, LOUD, QUIET, QUIET])
      caller.socket.send(Buffer.concat([Buffer.of(1), Buffer.from(pcm.buffer, 0, 8000)]));
    await caller.until(() => caller.texts.length > 0);
    caller.send({ type: 'end' });
    await caller.closed;
  }

  private async refuse(): Promise<void> {
    const holders = [await this.dial(), await this.dial()];
    const refused = await TestCaller.tryDial(this.server as unknown as TestServer);
    if (refused instanceof TestCaller) throw new Error('There should have been no room');
    await this.ring();
    for (const caller of holders) {
      caller.send({ type: 'end' });
      await caller.closed;
    }
  }

  /** By telephone; nobody comes for the stream. */
  private async ring(): Promise<void> {
    await fetch(`${this.server.url}/api/v1/twilio/voice`, { method: 'POST', body: new URLSearchParams() });
  }

  private async dial(): Promise<TestCaller> {
    const caller = await TestCaller.dial(this.server as unknown as TestServer, '?encoding=pcm16&sample_rate=8000');
    this.sessions.push((await caller.next('session_started')).session_id);
    return caller;
  }
}

function toolServer(folder: string, url: string): NodeJS.ProcessEnv {
  writeYaml(folder, 'mcp/cardapi.yaml', { url, allow_private_network: true, tools: ['greet'] });
  return { MCP_DIR: path.join(folder, 'mcp'), MCP_ENABLED_SERVERS: 'cardapi' };
}

function webhooks(folder: string, url: string): string {
  const secrets = [`whsec_${Buffer.alloc(32, 7).toString('base64')}`];
  return writeYaml(folder, 'webhooks.yaml', {
    endpoints: [{ name: 'crm', url, secrets, allow_private_network: true }],
  });
}

function writeYaml(folder: string, name: string, content: object): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, stringify(content));
  return file;
}

/** The agents that are shipped, the first of which has a tool of somebody else. */
function agentsIn(folder: string): string {
  const directory = path.join(folder, 'agents');
  cpSync(path.join(packageRoot, 'agents'), directory, { recursive: true });
  const concierge = path.join(directory, 'concierge', 'agent.yaml');
  writeFileSync(concierge, readFileSync(concierge, 'utf8').replace('tools: [', 'tools: [cardapi_greet, '));
  return directory;
}

async function say(caller: TestCaller, frames: number, pcm: Int16Array): Promise<void> {
  await caller.speak(
    Int16Array.from({ length: frames * 160 }, (_, index) => pcm[index % 160]!),
    8000,
  );
}
