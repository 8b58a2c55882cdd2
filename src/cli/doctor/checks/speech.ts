import { Resampler } from '../../../audio/resampler.js';
import { AzureSpeechConfig } from '../../../config/azure-speech.config.js';
import { DeepgramConfig } from '../../../config/deepgram.config.js';
import { ScriptedConfig } from '../../../config/scripted.config.js';
import { SherpaConfig } from '../../../config/sherpa.config.js';
import { SpeechConfig } from '../../../config/speech.config.js';
import { VoiceConfig } from '../../../config/voice.config.js';
import { untilAborted } from '../../../kernel/abort.js';
import { messageOf } from '../../../kernel/errors.js';
import { DriverLoader } from '../../../speech/load-drivers.js';
import { probeStt } from '../../../speech/probes.js';
import type { SpeechHints, SttDriver, SttResult, SttStream } from '../../../speech/stt-stream.js';
import type { TtsDriver } from '../../../speech/tts-voice.js';
import { concat } from '../../call-client.js';
import type { Deployment } from '../deployment.js';
import { noTokenFinding } from '../entra.js';
import { type Check, type Finding, ok, problem, say, warning } from '../finding.js';
import { NotValid } from '../not-valid.js';

const LIMIT_MS = 30_000;
const WORDS = 'Hello, what is my balance?';
const HEARD = 'balance';
const TAIL_MS = 300;
const REFUSED = /40[13]|Authentication|Forbidden/;
const ASKED_WRONGLY = /1007|BadRequest/;
const HINTS: SpeechHints = {
  id: 'doctor',
  language: 'en-US',
  phrases: ['hello what is my balance', 'goodbye'],
  slots: {},
  answers: [],
};

interface Spoken {
  readonly pcm: Int16Array;
  readonly sampleRate: number;
}

/** Each synthesiser says a sentence; each recogniser is to understand it, as the first synthesiser that works has said it. */
export function speechChecks(deployment: Deployment): Check[] {
  const { stt, tts } = deployment.section(SpeechConfig);
  // Whether what all of them need is valid shows here, before anything has begun.
  loaderFor(deployment, {});
  const voices = tts.map((name) => new VoiceCheck(name, deployment));
  const sentence = Promise.withResolvers<Spoken | undefined>();
  const spoken = Promise.all(voices.map((voice) => voice.spoken)).then((all) => all.find((one) => one !== undefined));
  spoken.then(sentence.resolve, sentence.reject);
  return [
    ...voices,
    ...stt.map((name) => ({
      about: `hearing ${name}`,
      settings: settingsFor(name, ''),
      limitMs: 2 * LIMIT_MS,
      prepare: () => loaderFor(deployment, { stt: [name] }).stt(),
      examine: async (signal: AbortSignal) => hear(name, deployment, await sentence.promise, signal),
    })),
  ];
}

class VoiceCheck implements Check {
  readonly about: string;
  readonly settings: readonly string[];
  readonly limitMs = LIMIT_MS;
  /** Undefined when there was nothing that a recogniser could understand. */
  readonly spoken: Promise<Spoken | undefined>;
  private tell: (spoken: Spoken | undefined) => void = () => undefined;

  constructor(
    private readonly name: SpeechConfig['tts'][number],
    private readonly deployment: Deployment,
  ) {
    this.about = `speaking ${name}`;
    this.settings = settingsFor(name, '');
    this.spoken = new Promise((resolve) => (this.tell = resolve));
  }

  prepare(): Promise<unknown> {
    return loaderFor(this.deployment, { tts: [this.name] }).tts();
  }

  async examine(signal: AbortSignal): Promise<Finding[]> {
    const giveUp = (): void => this.tell(undefined);
    signal.addEventListener('abort', giveUp, { once: true });
    const { clock } = this.deployment;
    let driver: TtsDriver | undefined;
    try {
      [driver] = (await loaderFor(this.deployment, { tts: [this.name] }).tts()).inOrder as [TtsDriver];
      await driver.start(signal);
      const voice = await driver.createVoice(signal);
      const startedAt = clock.now();
      const { firstMs, spoken } = await said(driver, voice, () => clock.now() - startedAt, signal);
      await voice.close();
      this.tell(this.name === 'scripted' || !speaksEnglish(driver) ? undefined : spoken);
      return this.judge(spoken, Math.round(firstMs));
    } catch (error) {
      if (error instanceof NotValid) throw error;
      return [problemOf(error, this.name)];
    } finally {
      giveUp();
      await driver?.close();
    }
  }

  private judge({ pcm, sampleRate }: Spoken, firstMs: number): Finding[] {
    if (pcm.length === 0)
      return [problem(say`it says nothing`, settingsFor(this.name, ''), 'Look at the voice that it is told to use')];
    const { ttsFirstAudioMs } = this.deployment.section(SpeechConfig);
    const findings = [
      ok(say`${(pcm.length / sampleRate).toFixed(1)} s of speech, the first of it after ${firstMs} ms`),
    ];
    if (firstMs > ttsFirstAudioMs)
      findings.push(
        warning(
          say`it takes longer than TTS_FIRST_AUDIO_MS (${ttsFirstAudioMs} ms): another voice will take over`,
          ['TTS_FIRST_AUDIO_MS'],
          'Use a region that is nearer, or allow more time',
        ),
      );
    return findings;
  }
}

async function said(
  driver: TtsDriver,
  voice: Awaited<ReturnType<TtsDriver['createVoice']>>,
  elapsedMs: () => number,
  signal: AbortSignal,
): Promise<{ firstMs: number; spoken: Spoken }> {
  const request = {
    text: speaksEnglish(driver) ? WORDS : '1 2 3',
    voice: driver.defaultVoice ?? driver.voices?.[0] ?? 'default',
    rate: 1,
    pitch: 0,
    cacheable: false,
  };
  const parts: Int16Array[] = [];
  let [firstMs, sampleRate] = [0, 0];
  for await (const chunk of voice.synthesize(request, signal)) {
    if (parts.length === 0) firstMs = elapsedMs();
    ({ sampleRate } = chunk);
    parts.push(chunk.pcm);
  }
  return { firstMs, spoken: { pcm: concat(parts), sampleRate } };
}

async function hear(
  name: SpeechConfig['stt'][number],
  deployment: Deployment,
  spoken: Spoken | undefined,
  signal: AbortSignal,
): Promise<Finding[]> {
  let driver: SttDriver | undefined;
  try {
    [driver] = (await loaderFor(deployment, { stt: [name] }).stt()).inOrder as [SttDriver];
    await driver.start(signal);
    const stream = await driver.createStream(signal);
    try {
      if (!spoken || !speaksEnglish(driver)) {
        await probeStt(stream, driver.sampleRate, signal);
        return [ok(say`it listens; what it understands was not tried, for want of an English sentence`)];
      }
      const { clock } = deployment;
      const { result, afterMs } = await understood(stream, driver.sampleRate, spoken, () => clock.now(), signal);
      return judge(name, result, Math.round(afterMs));
    } finally {
      await stream.close();
    }
  } catch (error) {
    if (error instanceof NotValid) throw error;
    return [problemOf(error, name)];
  } finally {
    await driver?.close();
  }
}

function judge(name: SpeechConfig['stt'][number], { text }: SttResult, afterMs: number): Finding[] {
  if (name === 'scripted') return [ok(say`it hears what it was told to, whatever is said`)];
  if (text.includes(HEARD)) return [ok(say`it has understood "${text}", ${afterMs} ms after the last word`)];
  return [
    warning(
      text === '' ? say`it understood nothing` : say`it understood "${text}" in place of "${WORDS}"`,
      settingsFor(name, ''),
      'Look at its model and language: it is to understand English',
    ),
  ];
}

async function understood(
  stream: SttStream,
  sampleRate: number,
  spoken: Spoken,
  now: () => number,
  signal: AbortSignal,
): Promise<{ result: SttResult; afterMs: number }> {
  await stream.prepare(HINTS);
  const resampler = new Resampler(spoken.sampleRate, sampleRate);
  const silence = new Int16Array((sampleRate * TAIL_MS) / 1000);
  const pcm = concat([resampler.process(spoken.pcm).slice(), resampler.flush().slice(), silence]);
  let finishedAt = 0;
  const result = await untilAborted(
    new Promise<SttResult>((resolve, reject) => {
      stream.start({ onPartial: () => undefined, onFinal: resolve, onError: reject });
      stream.write(pcm);
      finishedAt = now();
      stream.finish();
    }),
    signal,
  );
  return { result, afterMs: now() - finishedAt };
}

function loaderFor(deployment: Deployment, only: Partial<Pick<SpeechConfig, 'stt' | 'tts'>>): DriverLoader {
  return new DriverLoader(
    Object.assign({}, deployment.whole(SpeechConfig), only),
    deployment.whole(VoiceConfig),
    // Each of these is needed by its own services only.
    deployment.section(ScriptedConfig),
    deployment.section(AzureSpeechConfig),
    deployment.section(DeepgramConfig),
    deployment.section(SherpaConfig),
    deployment.clock,
  );
}

/** A driver that names no language takes any. */
function speaksEnglish({ languages }: { readonly languages: readonly string[] }): boolean {
  return languages.length === 0 || languages.includes('*') || languages.includes('en');
}

type Service = SpeechConfig['stt'][number] | SpeechConfig['tts'][number];

function problemOf(error: unknown, name: Service): Finding {
  const says = messageOf(error);
  return noTokenFinding(error) ?? problem(says, settingsFor(name, says), adviceOn(name, says));
}

function settingsFor(name: Service, reason: string): string[] {
  const isRefused = REFUSED.test(reason);
  if (name === 'azure')
    return isRefused
      ? ['AZURE_SPEECH_KEY', 'AZURE_SPEECH_RESOURCE_ID']
      : ASKED_WRONGLY.test(reason)
        ? ['AZURE_SPEECH_VOICE', 'AZURE_SPEECH_LANGUAGES']
        : ['AZURE_SPEECH_REGION', 'AZURE_SPEECH_ENDPOINT'];
  if (name === 'deepgram') return isRefused ? ['DEEPGRAM_API_KEY'] : ['DEEPGRAM_URL', 'DEEPGRAM_MODEL'];
  return name === 'sherpa' ? ['SHERPA_MODELS_DIR'] : [];
}

function adviceOn(name: Service, reason: string): string {
  if (name === 'sherpa') return '`npm run models -- check` says more';
  if (name === 'embedded' || name === 'scripted') return 'Install the packages again: `npm ci`';
  if (REFUSED.test(reason))
    return name === 'azure'
      ? 'The key is wrong, or of another resource or region; without a key, our identity needs the role “Cognitive Services Speech User”'
      : 'The key is wrong, was revoked, or may not transcribe: take one from its project in Deepgram’s console';
  if (ASKED_WRONGLY.test(reason)) return 'It does not know the voice, the model or the language that it is asked for';
  return 'Correct the region or address, or let this machine reach it: name resolution, firewalls, network policies';
}
