import { setTimeout as pause } from 'node:timers/promises';
import { type ClientRequest, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { SessionEvent } from '../../src/conversation/session-events.js';
import { known } from './remembering-model.js';

const WORDS =
  'alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa'.split(' ');
const RETRY_MS = 200;
const COME_BACK_MS = 20_000;
const ANSWER_MS = 20_000;
const FRAME_MS = 20;
const SILENCE = Buffer.alloc(320);
const SPEECH = Buffer.from(Int16Array.from({ length: 160 }, (_, at) => (at % 16 < 8 ? 8000 : -8000)).buffer);
const SPEECH_FRAMES = 30;
/** Every third turn is spoken, and heard as what the recogniser is scripted to hear. */
const EACH_SPOKEN = 3;
export const SPOKEN_WORD = 'aloud';

export type Fate = 'not touched' | 'finished where it was' | 'resumed' | 'cut';

/** A connection to the server, and where it led. */
class Line {
  readonly events: SessionEvent[] = [];
  private readonly wakers = new Set<() => void>();
  readonly closed: Promise<void>;
  isOpen = true;
  code = 0;

  private constructor(
    readonly socket: WebSocket,
    readonly place: string,
    onAudio: () => void,
    onClose: () => void,
  ) {
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) onAudio();
      else this.events.push(JSON.parse(data.toString()) as SessionEvent);
      this.wake();
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      socket.once('close', (code) => {
        this.isOpen = false;
        this.code = code;
        onClose();
        this.wake();
        resolve();
      }),
    );
  }

  /** Resolves with the status, or the system's code, of a refusal. */
  static dial(url: string, query: string, onAudio: () => void, onClose: () => void): Promise<Line | string> {
    const address = `${url.replace(/^http/, 'ws')}/api/v1/voice/ws?encoding=pcm16&sample_rate=8000${query}`;
    const socket = new WebSocket(address, { perMessageDeflate: false });
    let place = '';
    socket.once('upgrade', ({ headers }) => (place = String(headers['x-served-by'])));
    return new Promise((resolve) => {
      // With its first message, before anybody can miss it.
      let line: Line | undefined;
      socket.once('upgrade', () => (line = new Line(socket, place, onAudio, onClose)));
      socket.once('open', () => resolve(line!));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.once('unexpected-response', (request: ClientRequest, response: IncomingMessage) => {
        resolve(`${response.statusCode} ${String(response.headers['x-served-by'] ?? 'of the balancer')}`);
        request.destroy();
      });
    });
  }

  /** What `find` finds; undefined if the line is closed before. Rejects after a while. */
  async find<T>(what: string, find: (events: readonly SessionEvent[]) => T | undefined): Promise<T | undefined> {
    const giveUpAt = performance.now() + ANSWER_MS;
    for (;;) {
      const found = find(this.events);
      if (found !== undefined || !this.isOpen) return found;
      if (performance.now() > giveUpAt) throw new Error(`waited ${ANSWER_MS} ms for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ANSWER_MS);
        this.wakers.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  say(message: Record<string, unknown>): void {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
  }

  private wake(): void {
    for (const wake of this.wakers) wake();
    this.wakers.clear();
  }
}

/**
 * A caller who goes on telling a word each turn, and in each answer wants to hear all words of before. Who loses the
 * connection comes back with the token, and says again what was not answered.
 */
export class RollingCaller {
  readonly places: string[] = [];
  longestSilenceMs = 0;
  problem: string | undefined;
  turns = 0;
  comeBacks = 0;
  private readonly words: string[] = [];
  private line: Line | undefined;
  private token = '';
  private owedSince: number | undefined;
  private isToEnd = false;
  /** Frames of speech that are still to be said. */
  private toSpeak = 0;

  constructor(
    private readonly url: string,
    readonly number: number,
  ) {}

  get place(): string {
    return this.places.at(-1)!;
  }

  /** @param gone places that went away meanwhile */
  fate(gone: readonly string[]): Fate {
    if (this.problem !== undefined) return 'cut';
    if (this.comeBacks > 0) return 'resumed';
    return gone.includes(this.place) ? 'finished where it was' : 'not touched';
  }

  /** Rejects when the first call is refused. */
  async dial(): Promise<void> {
    const answer = await this.connect('');
    if (typeof answer === 'string') throw new Error(`refused: ${answer}`);
    await this.begun(answer);
  }

  /** Never rejects: what goes wrong is its `problem`. Ends once it has been told to, after a last turn. */
  async talk(): Promise<void> {
    try {
      for (let isLast = false; !isLast;) {
        isLast = this.isToEnd;
        await this.turn();
        // A moment to think; not on a dead line.
        await Promise.race([pause(500 + (this.number % 10) * 50), this.line?.closed]);
      }
      this.line?.say({ type: 'end' });
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      this.line?.socket.terminate();
    }
  }

  end(): void {
    this.isToEnd = true;
  }

  /** At once, wherever it is. */
  hangUp(): void {
    this.isToEnd = true;
    this.problem ??= 'hung up';
    this.line?.socket.terminate();
  }

  /** Every 20 ms: what a microphone hears. */
  tick(): void {
    const { socket } = this.line ?? {};
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.send(this.toSpeak > 0 ? SPEECH : SILENCE);
    if (this.toSpeak > 0 && --this.toSpeak === 0) this.owedSince ??= performance.now();
  }

  private async turn(): Promise<void> {
    const isSpoken = this.turns % EACH_SPOKEN === EACH_SPOKEN - 1;
    const word = isSpoken ? SPOKEN_WORD : WORDS[this.turns % WORDS.length]!;
    if (!this.words.includes(word)) this.words.push(word);
    for (;;) {
      const line = await this.open();
      const since = line.events.length;
      if (isSpoken) this.toSpeak = SPEECH_FRAMES;
      else {
        this.owedSince ??= performance.now();
        line.say({ type: 'user_message', text: `note ${word}` });
      }
      if (await this.answered(line, since)) break;
      // What was lost with the connection may have been answered at the beginning of the next one.
      if (await this.answered(await this.open(), 0, true)) break;
    }
    this.turns++;
    this.owedSince = undefined;
  }

  /** Whether an answer has come to its end that knows everything. @param orNone what comes first may be something else. */
  private async answered(line: Line, since: number, orNone = false): Promise<boolean> {
    const result = await line.find('an answer', (events) => {
      const fresh = events.slice(since);
      const text = fresh.find((event) => event.type === 'text_stream_stop' && this.knowsAll(event.text));
      const over = fresh.findLast((event) => event.type === 'generation_complete' && event.outcome === 'completed');
      if (!over) return undefined;
      if (text && fresh.indexOf(text) < fresh.indexOf(over)) return true;
      return orNone ? false : undefined;
    });
    return result === true;
  }

  private knowsAll(text: string): boolean {
    // After coming back, words of the agent's own may stand before it.
    const told = known(text.slice(Math.max(0, text.indexOf('I know'))));
    return this.words.every((word) => told.includes(word));
  }

  /** The line, or if it was lost, the next one. */
  private async open(): Promise<Line> {
    if (this.line?.isOpen) return this.line;
    const lostAt = performance.now();
    if (this.token === '') throw new Error('there is nothing to come back with');
    for (;;) {
      const answer = await this.connect(`&resume=${this.token}`);
      if (typeof answer !== 'string') {
        this.comeBacks++;
        await this.begun(answer, true);
        return answer;
      }
      // Gone for good, or nobody there for too long.
      if (this.problem !== undefined || answer.startsWith('404') || performance.now() - lostAt > COME_BACK_MS)
        throw new Error(`could not come back: ${answer}`);
      await pause(RETRY_MS);
    }
  }

  private async connect(query: string): Promise<Line | string> {
    const onAudio = (): void => this.heard();
    const onClose = (): void => void (this.owedSince ??= performance.now());
    return await Line.dial(this.url, query, onAudio, onClose);
  }

  private async begun(line: Line, isResumed = false): Promise<void> {
    this.line = line;
    this.places.push(line.place);
    const started = await line.find('the session', (events) =>
      events.find((event) => event.type === 'session_started'),
    );
    if (started?.type !== 'session_started') throw new Error('the session did not start');
    if (isResumed && !('resumed' in started && started.resumed)) throw new Error('it is another session');
    this.token = started.resume_token ?? '';
  }

  private heard(): void {
    if (this.owedSince === undefined) return;
    const now = performance.now();
    this.longestSilenceMs = Math.max(this.longestSilenceMs, now - this.owedSince);
    this.owedSince = now;
  }
}

/** One microphone for all. Returns how to turn it off. */
export function microphones(callers: readonly RollingCaller[]): () => void {
  let sent = 0;
  const startedAt = performance.now();
  const timer = setInterval(() => {
    for (const due = (performance.now() - startedAt) / FRAME_MS; sent < due; sent++)
      for (const caller of callers) caller.tick();
  }, FRAME_MS);
  return () => clearInterval(timer);
}

/** Somebody calls every so often, hears that the session has begun and hangs up. */
export class NewCallers {
  readonly refusals: string[] = [];
  readonly places: string[] = [];
  slowestMs = 0;
  private readonly ending = new AbortController();
  private readonly calling: Promise<void>;

  constructor(
    private readonly url: string,
    everyMs: number,
  ) {
    this.calling = this.run(everyMs);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.calling;
  }

  private async run(everyMs: number): Promise<void> {
    while (!this.ending.signal.aborted) {
      const startedAt = performance.now();
      const nothing = (): void => undefined;
      const line = await Line.dial(this.url, '', nothing, nothing);
      if (typeof line === 'string') this.refusals.push(line);
      else {
        const started = await line.find('the session', (events) =>
          events.find((event) => event.type === 'session_started'),
        );
        this.places.push(line.place);
        if (!started) this.refusals.push(`closed ${line.code}`);
        line.say({ type: 'end' });
      }
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt);
      await pause(everyMs);
    }
  }
}
