import { mkdtempSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { AREAS, type Area } from '../../src/cli/doctor/areas.js';
import { type Diagnosis, diagnose } from '../../src/cli/doctor/diagnose.js';
import type { Finding } from '../../src/cli/doctor/finding.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { AcsService } from '../fakes/acs/acs-service.js';
import { AzureSpeechFake } from '../fakes/azure-speech/azure-speech-fake.js';
import { BlobEmulator } from '../fakes/blob/blob-emulator.js';
import { CosmosEmulator } from '../fakes/cosmos/cosmos-emulator.js';
import { DeepgramFake } from '../fakes/deepgram/deepgram-fake.js';
import { EMBEDDER_KEY, EmbedderService } from '../fakes/embedder/embedder-service.js';
import { ToolServer } from '../fakes/mcp/tool-server.js';
import { OidcIssuer } from '../fakes/oidc/oidc-issuer.js';
import { FakeOpenAi } from '../fakes/openai/fake-openai.js';
import { says } from '../fakes/openai/fake-reply.js';
import { OtlpReceiver } from '../fakes/otlp/otlp-receiver.js';
import { WEBHOOK_SECRET } from '../proof/webhook-receiver.js';
import { RedisServer } from '../support/redis.js';
import { TestServer } from '../support/test-server.js';

const PUSHER_SECRET = 'secret-between-two-processes';
const REDIS_PASSWORD = 'swordfish-of-redis';
const HEARD = 'hello what is my balance';

/** Takes nothing but what is posted; what that is, nobody asks here. */
class Receiver {
  status = 405;
  location = '';
  readonly methods: string[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', ({ method = '' }, response) => {
      this.methods.push(method);
      response.writeHead(this.status, this.location ? { location: this.location } : {}).end();
    });
  }

  static async start(): Promise<Receiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Receiver(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook?code=code-of-the-receiver`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Everything that a deployment can depend on, on loopback. */
export class WholeDeployment {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'parley-doctor-'));

  private constructor(
    readonly redis: RedisServer,
    readonly openai: FakeOpenAi,
    readonly azure: AzureSpeechFake,
    readonly deepgram: DeepgramFake,
    readonly cosmos: CosmosEmulator,
    readonly blob: BlobEmulator,
    readonly acs: AcsService,
    readonly tools: ToolServer,
    readonly issuer: OidcIssuer,
    readonly collector: OtlpReceiver,
    readonly embedder: EmbedderService,
    readonly receiver: Receiver,
    readonly pusher: TestServer,
  ) {}

  static async start(): Promise<WholeDeployment> {
    const deployment = new WholeDeployment(
      ...(await Promise.all([
        RedisServer.start({ password: REDIS_PASSWORD, args: ['--appendonly', 'yes'] }),
        FakeOpenAi.start(),
        AzureSpeechFake.start(),
        DeepgramFake.start(),
        CosmosEmulator.start(),
        BlobEmulator.start(),
        AcsService.start(),
        ToolServer.start(),
        OidcIssuer.start(),
        OtlpReceiver.start(),
        EmbedderService.start(),
        Receiver.start(),
        TestServer.start({ PARLEY_ROLE: 'pusher', PUSHER_SECRET }),
      ])),
    );
    deployment.openai.model('dialogue').always(says('Hi'));
    return deployment;
  }

  async stop(): Promise<void> {
    const { redis, openai, azure, deepgram, cosmos, blob, acs, tools, issuer, collector, embedder, receiver, pusher } =
      this;
    const all = [
      redis,
      openai,
      azure,
      deepgram,
      cosmos,
      blob,
      acs,
      tools,
      issuer,
      collector,
      embedder,
      receiver,
      pusher,
    ];
    await Promise.all(all.map((one) => one.stop()));
  }

  get settings(): NodeJS.ProcessEnv {
    return {
      PORT: '0',
      METRICS_PORT: '0',
      DATA_DIR: path.join(this.folder, 'data'),
      PUBLIC_URL: 'https://voice.invalid',
      REDIS_URL: this.redis.url,
      LLM_MODELS: 'azure:dialogue,embedded',
      AZURE_OPENAI_ENDPOINT: this.openai.azureEndpoint,
      AZURE_OPENAI_API_KEY: this.openai.key,
      STT_SERVICE_MODELS: 'azure,deepgram,embedded',
      TTS_SERVICE_MODELS: 'embedded,azure',
      AZURE_SPEECH_KEY: this.azure.key,
      AZURE_SPEECH_ENDPOINT: this.azure.url,
      DEEPGRAM_API_KEY: this.deepgram.key,
      DEEPGRAM_URL: this.deepgram.url,
      // However busy this machine is.
      LLM_FIRST_TOKEN_MS: '60000',
      TTS_FIRST_AUDIO_MS: '60000',
      SCRIPTED_TTS_WORD_MS: '50',
      ...this.cosmos.settings,
      ...this.blob.settings,
      ...this.acs.settings,
      OIDC_ISSUER: this.issuer.url,
      OIDC_AUDIENCE: 'parley',
      PUSHER_URL: this.pusher.url.replace('http', 'ws'),
      PUSHER_SECRET,
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: this.collector.url,
      SPEAKER_ID: 'http',
      SPEAKER_EMBEDDER_URL: this.embedder.url,
      SPEAKER_EMBEDDER_KEY: EMBEDDER_KEY,
      TWILIO_AUTH_TOKEN: 'token-of-the-twilio-account',
      ...this.toolsFile({ tools: ['greet'] }),
      ...this.webhooksFile({ url: this.receiver.url }),
    };
  }

  /** Another file of the tool server, or one that says otherwise. */
  toolsFile(says: object): NodeJS.ProcessEnv {
    const server = { url: this.tools.url, allow_private_network: true, ...says };
    const folder = mkdtempSync(path.join(this.folder, 'mcp-'));
    writeFileSync(path.join(folder, 'desk.yaml'), stringify(server));
    return { MCP_DIR: folder, MCP_ENABLED_SERVERS: 'desk' };
  }

  webhooksFile(says: object): NodeJS.ProcessEnv {
    const endpoint = { name: 'crm', allow_private_network: true, secrets: [WEBHOOK_SECRET], ...says };
    const file = path.join(mkdtempSync(path.join(this.folder, 'webhooks-')), 'webhooks.yaml');
    writeFileSync(file, stringify({ endpoints: [endpoint] }));
    return { WEBHOOKS_FILE: file };
  }

  async examined(changes: NodeJS.ProcessEnv = {}, areas: readonly Area[] = AREAS): Promise<Diagnosis> {
    this.azure.hears(HEARD);
    this.deepgram.hears(HEARD);
    return await diagnose({ ...this.settings, ...changes }, new SystemClock(), areas);
  }
}

/** What is not as it should be, as `about: what is said`. */
export function faults({ examined }: Diagnosis): Record<string, Finding<string>[]> {
  return Object.fromEntries(
    examined
      .map(({ about, findings }) => [about, findings.filter(({ verdict }) => verdict !== 'ok')] as const)
      .filter(([, findings]) => findings.length > 0),
  );
}
