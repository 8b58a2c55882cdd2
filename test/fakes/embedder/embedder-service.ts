import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readWav } from '../../../src/audio/wav.js';

/** What the service does with a request, in place of answering it. */
export type EmbedderFault =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'body'; readonly body: string }
  /** Never answers. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'hang_up' }
  /** Half of an answer. */
  | { readonly kind: 'break_off' };

export const EMBEDDER_KEY = 'embedder-key-that-nobody-may-see';

const PATH = '/v1/embedding';
const SAMPLE_RATE = 16_000;
const SHORTEST_MS = 500;
const BANDS = 48;
const [LOWEST_HZ, HIGHEST_HZ] = [150, 3400];
const WINDOW = 1024;

/**
 * A service for embeddings on loopback. It takes nothing but what docs/speakers.md says: a form with one WAV file, PCM16,
 * mono, 16 kHz. Its embeddings are which of 48 bands is the loudest, so that a tone is known again and another one is not;
 * of real voices it knows nothing.
 */
export class EmbedderService {
  /** Of each file that was taken, ms. */
  readonly clips: number[] = [];
  /** What was wrong with requests. */
  readonly complaints: string[] = [];
  /** Of the next requests; afterwards it works. */
  readonly faults: EmbedderFault[] = [];
  /** As which model it answers; undefined: in the shape that has no name. */
  model: string | undefined = 'bands-1';
  requests = 0;
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly server: Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.serve(request, response));
  }

  static async start(): Promise<EmbedderService> {
    const server = createServer();
    const service = new EmbedderService(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${PATH}?tenant=secret-of-the-query`;
  }

  get settings(): Record<string, string> {
    return { SPEAKER_ID: 'http', SPEAKER_EMBEDDER_URL: this.url, SPEAKER_EMBEDDER_KEY: EMBEDDER_KEY };
  }

  /** Resolves when so many requests have come. */
  async requested(count: number): Promise<void> {
    while (this.requests < count) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const fault = this.faults.shift();
    this.requests++;
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
    if (fault?.kind === 'silence') return;
    if (fault?.kind === 'hang_up') return void request.socket.destroy();
    if (fault?.kind === 'status') return answer(response, fault.status, { error: { message: 'as it was told to' } });
    if (fault?.kind === 'body') return void response.writeHead(200).end(fault.body);
    const read = this.read(request, Buffer.concat(chunks));
    if ('status' in read) {
      this.complaints.push(read.complaint);
      return answer(response, read.status, { error: { message: read.complaint } });
    }
    this.clips.push((read.pcm.length * 1000) / SAMPLE_RATE);
    const embedding = [...embeddingOf(read.pcm)];
    const body = this.model === undefined ? [embedding] : { embedding, model: this.model };
    if (fault?.kind === 'break_off') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100000' });
      response.write(JSON.stringify(body).slice(0, 20), () => request.socket.destroy());
      return;
    }
    answer(response, 200, body);
  }

  private read(request: IncomingMessage, body: Buffer): { pcm: Int16Array } | { status: number; complaint: string } {
    const { authorization, accept, 'content-type': type = '', 'content-length': length } = request.headers;
    if (request.method !== 'POST' || new URL(request.url ?? '', this.url).pathname !== PATH)
      return { status: 404, complaint: `there is no ${request.method} ${request.url}` };
    if (authorization !== `Bearer ${EMBEDDER_KEY}`) return { status: 401, complaint: `not allowed: ${authorization}` };
    if (accept !== 'application/json') return { status: 406, complaint: `JSON is all there is, not ${accept}` };
    if (Number(length) !== body.length) return { status: 411, complaint: `a length is needed, not ${length}` };
    const [, boundary] = /^multipart\/form-data; boundary=([\w-]{8,70})$/.exec(type) ?? [];
    if (boundary === undefined) return { status: 415, complaint: `a form is needed, not ${type}` };
    const file = fileIn(body, boundary);
    if (typeof file === 'string') return { status: 400, complaint: file };
    const { channels, sampleRate } = readWav(file);
    const [pcm] = channels;
    if (channels.length !== 1 || sampleRate !== SAMPLE_RATE || !pcm)
      return { status: 422, complaint: `mono at 16 kHz is needed, not ${channels.length} at ${sampleRate} Hz` };
    if (pcm.length < (SHORTEST_MS * SAMPLE_RATE) / 1000) return { status: 422, complaint: 'the audio is too short' };
    return { pcm };
  }
}

/** The one file of a form, or what is wrong with it. */
function fileIn(body: Buffer, boundary: string): Buffer | string {
  const parts = body.toString('latin1').split(`--${boundary}`);
  const [before, part = '', end] = parts;
  if (parts.length !== 3 || before !== '' || end !== '--\r\n') return 'a form with one part is needed';
  const headEnd = part.indexOf('\r\n\r\n');
  const head = part.slice(0, headEnd);
  if (!/^\r\nContent-Disposition: form-data; name="file"; filename="[\w.-]+"\r\nContent-Type: audio\/wav$/.test(head))
    return `the part "file" with audio/wav is needed, not ${head}`;
  if (!part.endsWith('\r\n')) return 'the part has no end';
  return Buffer.from(part.slice(headEnd + 4, -2), 'latin1');
}

function embeddingOf(pcm: Int16Array): Float32Array {
  const embedding = new Float32Array(BANDS);
  const powers = new Float32Array(BANDS);
  for (let at = 0; at + WINDOW <= pcm.length; at += WINDOW) {
    const window = pcm.subarray(at, at + WINDOW);
    for (let band = 0; band < BANDS; band++) {
      const hz = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (band / (BANDS - 1));
      powers[band]! += powerAt(window, hz);
    }
  }
  embedding[powers.indexOf(Math.max(...powers))] = 1;
  return embedding;
}

/** Goertzel's algorithm. */
function powerAt(pcm: Int16Array, hz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE);
  let [one, two] = [0, 0];
  for (let i = 0; i < pcm.length; i++) [one, two] = [pcm[i]! + coefficient * one - two, one];
  return one * one + two * two - coefficient * one * two;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
