import { Worker } from 'node:worker_threads';
import { SystemClock, type Clock } from '../../../../kernel/clock.js';
import { compiledUrl } from '../../../../kernel/compiled-url.js';
import { ParleyError } from '../../../../kernel/errors.js';
import { spareCores } from '../../../inference-workers.js';
import { TtsDriver, type TtsRequest, type TtsVoice } from '../../../tts-voice.js';
import { EmbeddedTtsVoice } from './embedded-tts.voice.js';
import { compileFlite, fliteVoices, type FliteVoice } from './flite.js';
import { PhraseCache } from '../../../phrase-cache.js';
import { SynthesisPool } from './synthesis-pool.js';

export interface EmbeddedTtsOptions {
  /** Threads that synthesise; as many as cores but one, at least one, unless given. */
  readonly workers?: number;
  /** For fixed phrases, 64 KiB for two seconds; 16 MiB unless given. */
  readonly cacheBytes?: number;
  /** How long one clause may take; 10 s unless given. */
  readonly hangMs?: number;
  /** 3/4 is the third of April. */
  readonly dayFirst?: boolean;
  /** Spoken once by `start`, so that the first caller does not wait for the compiler. */
  readonly warmVoices?: readonly FliteVoice[];
  readonly clock?: Clock;
  readonly spawn?: (module: WebAssembly.Module) => Worker;
  /** Told when a thread died or hung, with the reason. */
  readonly onIncident?: (message: string) => void;
}

const WARM_UP_TEXT = 'Your account balance is twelve hundred dollars, and nothing else has changed.';

/** CMU Flite as WebAssembly in worker threads: five English voices that need nothing but an npm package. */
export class EmbeddedTtsDriver extends TtsDriver {
  readonly name = 'embedded';
  readonly languages: readonly string[] = ['en'];
  readonly voices: readonly string[] = fliteVoices;
  override readonly defaultVoice = 'slt';
  private readonly cache: PhraseCache;
  private pool: SynthesisPool | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: EmbeddedTtsOptions = {}) {
    super();
    this.cache = new PhraseCache(options.cacheBytes ?? 16 * 1024 * 1024);
  }

  async start(signal: AbortSignal): Promise<void> {
    const { options } = this;
    const module = await compileFlite();
    signal.throwIfAborted();
    const spawn = options.spawn ?? spawnTtsWorker;
    const pool = new SynthesisPool({
      size: options.workers ?? spareCores(),
      spawn: () => spawn(module),
      clock: options.clock ?? new SystemClock(),
      hangMs: options.hangMs ?? 10_000,
      onIncident: options.onIncident ?? (() => undefined),
    });
    await pool.start(signal);
    this.pool = pool;
    for (const voice of options.warmVoices ?? ['slt', 'rms']) {
      const words = WARM_UP_TEXT.split(' ');
      await pool.run({ text: WARM_UP_TEXT, words, voice, rate: 1, pitch: 0, pauseMs: 0 }, signal);
    }
  }

  createVoice(signal: AbortSignal): Promise<TtsVoice> {
    return Promise.resolve().then(() => {
      signal.throwIfAborted();
      return this.newVoice();
    });
  }

  /** Synthesises fixed phrases before anybody asks for them. */
  async prime(requests: readonly TtsRequest[], signal: AbortSignal): Promise<void> {
    const voice = this.newVoice();
    for (const request of requests) {
      const chunks = voice.synthesize({ ...request, cacheable: true }, signal);
      for await (const chunk of chunks) void chunk;
    }
    await voice.close();
  }

  close(): Promise<void> {
    return (this.closing ??= this.pool?.close() ?? Promise.resolve());
  }

  private newVoice(): EmbeddedTtsVoice {
    if (!this.pool || this.closing) throw new ParleyError('tts_failed', 'the embedded synthesiser is not running');
    return new EmbeddedTtsVoice(this.pool, this.cache, { dayFirst: this.options.dayFirst ?? false });
  }
}

function spawnTtsWorker(module: WebAssembly.Module): Worker {
  // Without the parent's flags: what is loaded before the program there (telemetry) has no business here.
  return new Worker(compiledUrl(import.meta.url, './tts-worker.js'), {
    name: 'embedded-tts',
    workerData: { module },
    execArgv: [],
  });
}
