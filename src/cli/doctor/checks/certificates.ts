import { request } from 'node:https';
import { type PeerCertificate, type TLSSocket, connect } from 'node:tls';
import { isIP } from 'node:net';
import { AcsConfig } from '../../../config/acs.config.js';
import { ArchiveConfig } from '../../../config/archive.config.js';
import { AuthConfig } from '../../../config/auth.config.js';
import { AzureOpenAiConfig } from '../../../config/azure-openai.config.js';
import { AzureSpeechConfig } from '../../../config/azure-speech.config.js';
import { ConversationsConfig } from '../../../config/conversations.config.js';
import { DeepgramConfig } from '../../../config/deepgram.config.js';
import { modelChoice } from '../../../config/llm-models.js';
import { LlmConfig } from '../../../config/llm.config.js';
import { OpenAiConfig } from '../../../config/openai.config.js';
import { PusherConfig } from '../../../config/pusher.config.js';
import { RedisConfig } from '../../../config/redis.config.js';
import { ServerConfig } from '../../../config/server.config.js';
import { SpeakersConfig } from '../../../config/speakers.config.js';
import { SpeechConfig } from '../../../config/speech.config.js';
import { TelemetryConfig } from '../../../config/telemetry.config.js';
import type { Clock } from '../../../kernel/clock.js';
import { skewFindings } from '../clock-skew.js';
import type { Deployment } from '../deployment.js';
import { type Check, type Finding, ok, problem, say, warning } from '../finding.js';
import { ifValid } from '../not-valid.js';
import { reasonOf } from '../../../kernel/reasons.js';

const LIMIT_MS = 8000;
const DAY_MS = 86_400_000;
const SOON_DAYS = 14;

interface Place {
  readonly setting: string;
  readonly url: URL;
}

/** Each place that is reached with TLS: whether its certificate is good, and for how long; what its clock says of ours. */
export function certificateChecks(deployment: Deployment): Check[] {
  const places = new Map<string, Place>();
  for (const [setting, address] of addressesOf(deployment)) {
    const url = URL.parse(address);
    if (url && /^(https|wss|rediss):$/.test(url.protocol))
      places.set(`${url.hostname}:${portOf(url)}`, { setting, url });
  }
  return [...places].map(([where, place]) => ({
    about: `certificate ${where}`,
    settings: [place.setting],
    limitMs: LIMIT_MS,
    examine: (signal) => examine(place, deployment.clock, signal),
  }));
}

/** Of places whose settings are not valid nothing is known. */
function addressesOf(deployment: Deployment): [setting: string, address: string][] {
  const models = (): unknown[] => deployment.section(LlmConfig).models.map((entry) => modelChoice(entry)?.kind);
  const azure = deployment.section(AzureSpeechConfig);
  const conversations = deployment.section(ConversationsConfig);
  const archive = deployment.section(ArchiveConfig);
  const acs = deployment.section(AcsConfig);
  const speech = deployment.section(SpeechConfig);
  const speakers = deployment.section(SpeakersConfig);
  const telemetry = deployment.section(TelemetryConfig);
  const asksAzure = (): boolean => speech.stt.includes('azure') || speech.tts.includes('azure');
  const inRegion = (): string => azure.region && `https://${azure.region}.api.cognitive.microsoft.com`;
  const exports = (): boolean => telemetry.tracesExporter === 'otlp' || telemetry.metricsExporter.includes('otlp');
  const places: Record<string, () => string | false> = {
    PUBLIC_URL: () => deployment.section(ServerConfig).publicUrl,
    REDIS_URL: () => deployment.section(RedisConfig).url,
    AZURE_OPENAI_ENDPOINT: () => models().includes('azure') && deployment.section(AzureOpenAiConfig).endpoint,
    OPENAI_BASE_URL: () => models().includes('openai') && deployment.section(OpenAiConfig).baseUrl,
    AZURE_SPEECH_REGION: () => asksAzure() && azure.endpoint === '' && inRegion(),
    AZURE_SPEECH_ENDPOINT: () => asksAzure() && azure.endpoint,
    DEEPGRAM_URL: () => speech.stt.includes('deepgram') && deployment.section(DeepgramConfig).url,
    COSMOS_ENDPOINT: () => conversations.store === 'cosmos' && conversations.cosmosEndpoint,
    AZURE_STORAGE_BLOB_ENDPOINT: () => archive.driver === 'blob' && archive.blobEndpoint,
    ACS_ENDPOINT: () => acs.endpoint || (/endpoint=([^;]+)/i.exec(acs.connectionString)?.[1] ?? ''),
    OIDC_ISSUER: () => deployment.section(AuthConfig).oidcIssuer,
    SPEAKER_EMBEDDER_URL: () => speakers.driver === 'http' && speakers.url,
    PUSHER_URL: () => deployment.section(PusherConfig).url,
    OTEL_EXPORTER_OTLP_ENDPOINT: () => exports() && telemetry.otlpEndpoint,
  };
  return Object.entries(places).map(([setting, address]) => [setting, ifValid(address, false) || '']);
}

async function examine({ setting, url }: Place, clock: Clock, signal: AbortSignal): Promise<Finding[]> {
  try {
    const { certificate, fault, date } = await (url.protocol === 'rediss:' ? shaken(url, signal) : asked(url, signal));
    if (fault !== undefined)
      return [
        problem(
          say`it is not trusted: ${reasonOf({ code: fault })}`,
          [setting],
          'Have the certificate renewed, or name the authority of your own in NODE_EXTRA_CA_CERTS',
        ),
      ];
    const days = Math.floor((Date.parse(certificate.valid_to) - clock.wallTime()) / DAY_MS);
    const says = say`it is good for ${days} more days`;
    const age = days < SOON_DAYS ? warning(says, [setting], 'Have it renewed') : ok(says);
    return [age, ...(date === undefined ? [] : skewFindings(url.hostname, date, clock.wallTime()))];
  } catch (error) {
    const says = say`${url.hostname} cannot be reached: ${reasonOf(error)}`;
    // Networks often do not let a machine reach itself by the address that others know.
    if (setting === 'PUBLIC_URL')
      return [
        warning(says, [setting], 'If it is not meant to be reached from here, look at its certificate elsewhere'),
      ];
    // Whoever needs it has been asked, too, and says so.
    return [];
  }
}

interface Seen {
  readonly certificate: PeerCertificate;
  /** Why it is not trusted. */
  readonly fault: string | undefined;
  /** Wall-clock ms there. */
  readonly date: number | undefined;
}

/** Asks for nothing in particular. A certificate that is no good is what is to be found out, so it is no reason to hang up. */
function asked(url: URL, signal: AbortSignal): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const options = { host: bare(url.hostname), port: portOf(url), method: 'HEAD', path: '/', agent: false, signal };
    const sent = request({ ...options, rejectUnauthorized: false }, (response) => {
      const socket = response.socket as TLSSocket;
      const date = Date.parse(response.headers.date ?? '');
      resolve({ ...seen(socket), date: Number.isNaN(date) ? undefined : date });
      socket.destroy();
    });
    sent.once('error', reject);
    sent.end();
  });
}

function shaken(url: URL, signal: AbortSignal): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const host = bare(url.hostname);
    const servername = isIP(host) ? undefined : host;
    const socket = connect({ host, port: portOf(url), rejectUnauthorized: false, ...(servername && { servername }) });
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve({ ...seen(socket), date: undefined });
      socket.destroy();
    });
  });
}

function seen(socket: TLSSocket): Omit<Seen, 'date'> {
  // Typed as an error, it is one or its code.
  const fault: unknown = socket.authorizationError;
  const code = fault instanceof Error ? ((fault as NodeJS.ErrnoException).code ?? fault.message) : fault;
  return { certificate: socket.getPeerCertificate(), fault: typeof code === 'string' ? code : undefined };
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'rediss:' ? 6379 : 443));
}
