import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { writeWav } from '../../audio/wav.js';
import type { SpeakersConfig } from '../../config/speakers.config.js';
import { Aborted, childController } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { type Attempt, ProviderBreaker } from '../../kernel/provider-breaker.js';
import { SpeakerEmbedder } from '../speaker-embedder.js';

const SAMPLE_RATE = 16_000;
/** Thousands of numbers, written out. */
const MAX_ANSWER_BYTES = 1_000_000;
const BREAKER = { failures: 3, openMs: 30_000 };
/** The service is well, and the audio is not: there is no use in sending it again. */
const REFUSALS = [400, 413, 415, 422];

const embedding = z
  .array(z.number())
  .min(8)
  .max(8192)
  .refine((values) => values.some((value) => value !== 0));
const answerSchema = z.union([
  z.object({ embedding, model: z.string().max(200).default('') }),
  // One recording was sent: there is one row.
  z.tuple([embedding]).transform(([only]) => ({ embedding: only, model: '' })),
]);

export interface HttpSpeakerEmbedderParts {
  readonly config: Pick<SpeakersConfig, 'url' | 'key' | 'timeoutMs'>;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Told when the service is left alone, and when it is asked again. */
  readonly onIncident: (message: string) => void;
}

/** Embeddings from a service: docs/speakers.md says what is sent, and what may come back. */
export class HttpSpeakerEmbedder extends SpeakerEmbedder {
  private readonly breaker: ProviderBreaker;
  private readonly closing = new AbortController();
  private length = 0;
  private name = '';

  constructor(private readonly parts: HttpSpeakerEmbedderParts) {
    super();
    this.breaker = new ProviderBreaker(parts.clock, BREAKER, (state) => {
      if (state === 'open') parts.onIncident('The speaker embedding service does not work; nobody is known by voice');
      if (state === 'closed') parts.onIncident('The speaker embedding service works again');
    });
  }

  override get dimension(): number {
    return this.length;
  }

  override get model(): string {
    return this.name;
  }

  override get problem(): string | undefined {
    return this.breaker.state === 'open' ? 'the service does not work' : undefined;
  }

  /** The service may come later. */
  override start(): Promise<void> {
    return Promise.resolve();
  }

  override async embed(pcm: Int16Array, signal: AbortSignal): Promise<Float32Array> {
    signal.throwIfAborted();
    const attempt = this.breaker.enter();
    if (!attempt) throw failed('is left alone for a while', true);
    const limit = childController(AbortSignal.any([signal, this.closing.signal]));
    const { clock, config } = this.parts;
    const timer = clock.setTimeout(() => limit.abort(new Aborted('timeout')), config.timeoutMs);
    try {
      const vector = await this.ask(pcm, limit.signal, attempt);
      attempt.succeeded();
      return vector;
    } catch (error) {
      if (signal.aborted || this.closing.signal.aborted) {
        attempt.abandoned();
        throw signal.aborted ? (signal.reason as Error) : failed('is not asked any more', false);
      }
      attempt.failed();
      if (error instanceof ParleyError && error.code === 'unsupported') throw error;
      // Messages of `fetch` have the address in them, and answers whatever the service likes.
      throw failed(limit.signal.aborted ? `gave no answer within ${config.timeoutMs} ms` : 'cannot be reached', true);
    } finally {
      timer.cancel();
      limit.abort(new Aborted('completed'));
    }
  }

  override close(): Promise<void> {
    this.closing.abort(new Aborted('shutdown'));
    return Promise.resolve();
  }

  private async ask(pcm: Int16Array, signal: AbortSignal, attempt: Attempt): Promise<Float32Array> {
    const { url, key } = this.parts.config;
    const { body, contentType } = multipart(writeWav({ sampleRate: SAMPLE_RATE, channels: [pcm] }));
    const response = await this.parts.fetch(url, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': contentType,
        ...(key && { authorization: `Bearer ${key}` }),
      },
      body,
      redirect: 'error',
      signal,
    });
    if (REFUSALS.includes(response.status)) attempt.succeeded();
    if (!response.ok) {
      await response.body?.cancel();
      throw failed(`answered ${response.status}`, !REFUSALS.includes(response.status));
    }
    const answer = answerSchema.safeParse(parsed(await textOf(response)));
    if (!answer.success) throw failed('answered something that is no embedding', true);
    this.name = `http:${answer.data.model}`;
    this.length = answer.data.embedding.length;
    return Float32Array.from(answer.data.embedding);
  }
}

/** By hand: `fetch` knows the forms of its own library only, and streams them without a length. */
function multipart(wav: Buffer): { body: Uint8Array<ArrayBuffer>; contentType: string } {
  const boundary = `parley-${randomUUID()}`;
  const head =
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="voice.wav"\r\n` +
    'Content-Type: audio/wav\r\n\r\n';
  const body = Buffer.concat([Buffer.from(head), wav, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { body: new Uint8Array(body), contentType: `multipart/form-data; boundary=${boundary}` };
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw failed('answered too much', true);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failed(problem: string, retryable: boolean): ParleyError {
  return new ParleyError('unsupported', `The speaker embedding service ${problem}`, retryable);
}
