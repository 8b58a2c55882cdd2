import type { WebSocket } from 'ws';
import { type UspMessage, sendAudio, sendText } from './usp.js';

export interface SynthesisFaults {
  /** After so many words the connection is cut. */
  diesAfterWords?: number | undefined;
  garbageAfterWords?: number | undefined;
  /** After so many words nothing more comes. */
  stallsAfterWords?: number | undefined;
}

/** What the service was asked to say. */
export interface SpokenText {
  readonly query: URLSearchParams;
  readonly voice: string;
  readonly text: string;
  readonly prosody: Readonly<Record<string, string>>;
  readonly format: string;
}

const TICKS_PER_MS = 10_000;
export const SPOKEN_WORD_MS = 200;
export const LEADING_SILENCE_MS = 120;
const TONE = 6000;

/** The service's end of a connection for synthesis: a tone for each word, after some silence. */
export class SynthesisSession {
  private configured = false;
  private format = '';
  private stopped: string | undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly query: URLSearchParams,
    private readonly faults: SynthesisFaults,
    private readonly spoken: (text: SpokenText) => void,
    private readonly onStop: () => void,
  ) {}

  /** @throws Error with what is wrong. */
  take({ path, requestId, contentType, body }: UspMessage): void {
    if (path === 'speech.config') {
      this.configured = true;
      return;
    }
    if (!this.configured) throw new Error(`${path} before speech.config`);
    if (path === 'synthesis.context') {
      const context = JSON.parse(body.toString()) as { synthesis?: { audio?: { outputFormat?: string } } };
      this.format = context.synthesis?.audio?.outputFormat ?? '';
      return;
    }
    if (path === 'synthesis.control') {
      this.stopped = requestId;
      this.onStop();
      return;
    }
    if (path !== 'ssml' || contentType !== 'application/ssml+xml') throw new Error(`unknown path ${path}`);
    const rate = /^raw-(8|16|24)khz-16bit-mono-pcm$/.exec(this.format)?.[1];
    if (!rate) throw new Error(`unsupported format ${this.format}`);
    const request = parseSsml(body.toString());
    this.spoken({ ...request, query: this.query, format: this.format });
    void this.speak(requestId, request.text, Number(rate) * 1000);
  }

  private async speak(requestId: string, text: string, sampleRate: number): Promise<void> {
    const { socket, faults } = this;
    const streamId = requestId.slice(0, 16);
    sendText(socket, 'turn.start', requestId, { context: { serviceTag: 'fake' } });
    sendText(socket, 'response', requestId, {
      context: { serviceTag: 'fake' },
      audio: { type: 'inline', streamId },
    });
    const words = [...text.matchAll(/\S+/g)].map(([word]) => word);
    let offsetMs = LEADING_SILENCE_MS;
    for (const [index, word] of words.entries()) {
      if (faults.diesAfterWords === index) return socket.terminate();
      if (faults.stallsAfterWords === index) return;
      if (faults.garbageAfterWords === index) return socket.send('Path without a colon');
      if (this.stopped === requestId) break;
      const bare = word.replace(/[.,!?]+$/, '');
      sendText(socket, 'audio.metadata', requestId, {
        Metadata: [
          {
            Type: 'WordBoundary',
            Data: {
              Offset: offsetMs * TICKS_PER_MS,
              Duration: SPOKEN_WORD_MS * TICKS_PER_MS,
              text: { Text: bare, Length: bare.length, BoundaryType: 'WordBoundary' },
            },
          },
        ],
      });
      const silence = index === 0 ? (LEADING_SILENCE_MS * sampleRate) / 1000 : 0;
      const samples = new Int16Array(silence + (SPOKEN_WORD_MS * sampleRate) / 1000);
      samples.fill(TONE, silence);
      const bytes = Buffer.from(samples.buffer);
      // Cut in the middle of a sample, as the service may.
      sendAudio(socket, requestId, streamId, bytes.subarray(0, 1001));
      sendAudio(socket, requestId, streamId, bytes.subarray(1001));
      offsetMs += SPOKEN_WORD_MS;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (faults.diesAfterWords === words.length) return socket.terminate();
    sendText(socket, 'turn.end', requestId, {});
  }
}

/** Only what a well-formed request looks like. @throws Error */
function parseSsml(ssml: string): { voice: string; text: string; prosody: Record<string, string> } {
  const match =
    /^<speak version="1\.0" xmlns="http:\/\/www\.w3\.org\/2001\/10\/synthesis" xml:lang="([^"<>]+)"><voice name="([^"<>]+)">(?:<prosody((?: (?:rate|pitch)="[^"<>]+")+)>([^<>]*)<\/prosody>|([^<>]*))<\/voice><\/speak>$/.exec(
      ssml,
    );
  if (!match || /&(?!(?:amp|lt|gt|quot|apos);)/.test(ssml)) throw new Error('the SSML is not well-formed');
  const [, , voice = '', attributes = '', inProsody, bare = ''] = match;
  if (!/^[a-z]{2}-[A-Z]{2}-\w+Neural$/.test(voice)) throw new Error(`Unsupported voice ${voice}`);
  const prosody = Object.fromEntries(
    [...attributes.matchAll(/(\w+)="([^"]+)"/g)].map(([, name, value]) => [name, value]),
  );
  return { voice, text: unescape(inProsody ?? bare), prosody: prosody as Record<string, string> };
}

function unescape(text: string): string {
  const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(\w+);/g, (_, name: string) => characters[name]!);
}
