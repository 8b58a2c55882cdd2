import { SherpaConfig } from '../../../config/sherpa.config.js';
import { SpeakersConfig } from '../../../config/speakers.config.js';
import { createSafeFetch } from '../../../services/http/safe-fetch.js';
import { loadEmbedder } from '../../../speech/speakers/load-embedder.js';
import type { Deployment } from '../deployment.js';
import { type Check, type Finding, ok, problem, say } from '../finding.js';
import { reasonOf } from '../../../kernel/reasons.js';

const SAMPLE_RATE = 16_000;
const HUM_HZ = 140;
const HUM_MS = 2000;

/** What tells voices apart makes one embedding. */
export function embedderChecks(deployment: Deployment): Check[] {
  const config = deployment.whole(SpeakersConfig);
  if (config.driver === 'off') return [];
  const sherpa = deployment.whole(SherpaConfig);
  const limitMs = (config.driver === 'sherpa' ? sherpa.loadMs : 0) + config.timeoutMs + 1000;
  return [
    {
      about: 'voices',
      settings: settingsOf(config),
      limitMs,
      examine: (signal) => examine(deployment, config, sherpa, signal),
    },
  ];
}

async function examine(
  { clock }: Deployment,
  config: SpeakersConfig,
  sherpa: SherpaConfig,
  signal: AbortSignal,
): Promise<Finding[]> {
  const safe = createSafeFetch({ allowPrivate: true, connectTimeoutMs: config.timeoutMs });
  const embedder = await loadEmbedder({ config, sherpa, fetch: safe.fetch, clock, onIncident: () => undefined });
  try {
    await embedder.start(signal);
    const { length } = await embedder.embed(hum(), signal);
    return [ok(say`${embedder.model || config.driver}: an embedding of ${length} numbers`)];
  } catch (error) {
    return config.driver === 'sherpa'
      ? [problem(reasonOf(error), settingsOf(config), '`npm run models -- check` says more')]
      : [
          problem(
            reasonOf(error),
            settingsOf(config),
            'Start the service, or correct its address or its key; docs/speakers.md says what it is sent',
          ),
        ];
  } finally {
    await embedder.close();
    await safe.close();
  }
}

function settingsOf({ driver }: SpeakersConfig): string[] {
  if (driver === 'sherpa') return ['SHERPA_MODELS_DIR', 'SHERPA_SPEAKER_MODEL'];
  return ['SPEAKER_EMBEDDER_URL', 'SPEAKER_EMBEDDER_KEY'];
}

function hum(): Int16Array {
  return Int16Array.from({ length: (SAMPLE_RATE * HUM_MS) / 1000 }, (_, at) =>
    Math.round(8000 * Math.sin((2 * Math.PI * HUM_HZ * at) / SAMPLE_RATE)),
  );
}
