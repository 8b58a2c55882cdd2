import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { SessionEvent } from '../../src/conversation/session-events.js';
import { Line } from './line.js';
import { answerTo, answersIn } from './remembering-model.js';

const RETRY_MS = 200;
const COME_BACK_MS = 20_000;
const FRAME_MS = 20;
const SILENCE = Buffer.alloc(320);
const SPEECH = Buffer.from(Int16Array.from({ length: 160 }, (_, at) => (at % 16 < 8 ? 8000 : -8000)).buffer);
const SPEECH_FRAMES = 30;
/** Every third turn is spoken, and heard as what the recogniser is scripted to hear. */
const EACH_SPOKEN = 3;
export const SPOKEN_NOTE = 'aloud';

export type Fate = 'not touched' | 'finished where it was' | 'resumed' | 'cut';

/**
 * A caller who gives a note each turn, numbered or aloud, and in each answer wants to hear exactly all notes of before, in
 * their order, each once. Who loses the connection comes back with the token, and says again what was not answered.
 */
export class RollingCaller {
  readonly places: string[] = [];
  longestSilenceMs = 0;
  problem: string | undefined;
  turns = 0;
  comeBacks = 0;
  /** Turns of which the server knew nothing after the connection was lost. */
  saidAgain = 0;
  /** Those of them that it had begun to answer. */
  readonly forgotten: string[] = [];
  private readonly notes: string[] = [];
  private line: Line | undefined;
  private token = '';
  private owedSince: number | undefined;
  private isToEnd = false;
  /** Frames of speech that are still to be said. */
  private toSpeak = 0;

  constructor(
    private readonly url: string,
    readonly number: number,
    private readonly meaning: (answer: string) => string,
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
    const note = isSpoken ? SPOKEN_NOTE : String(this.turns + 1);
    const before = answerTo(this.notes);
    this.notes.push(note);
    for (;;) {
      const line = await this.open();
      const since = line.events.length;
      if (isSpoken) this.toSpeak = SPEECH_FRAMES;
      else {
        this.owedSince ??= performance.now();
        line.say({ type: 'user_message', text: `note ${note}` });
      }
      if (await this.answered(line, since, before)) break;
      // What was lost with the connection may have been answered at the beginning of the next one.
      const next = await this.open();
      if (await this.answered(next, 0, before, true)) break;
      if (next.isOpen) {
        this.saidAgain++;
        if (line.events.slice(since).some(isTaken)) this.forgotten.push(`${note} of ${this.notes.length}`);
      }
    }
    this.turns++;
    this.owedSince = undefined;
  }

  /**
   * Whether an answer has come to its end that knows everything, and nothing twice. Rejects when one knows anything else.
   * @param before the last answer, which may be said again @param orNone what comes first may be something else
   */
  private async answered(line: Line, since: number, before: string, orNone = false): Promise<boolean> {
    const now = answerTo(this.notes);
    const result = await line.find('an answer', (events) => {
      const fresh = events.slice(since);
      const texts = fresh.flatMap((event, at) =>
        event.type === 'text_stream_stop' ? answersIn(event.text).map((answer) => ({ answer, at })) : [],
      );
      const wrong = texts.find(({ answer }) => answer !== now && answer !== before);
      if (wrong) throw new Error(`it knows ${this.meaning(wrong.answer)}, and was told ${this.notes.join(' ')}`);
      const over = fresh.findLastIndex(
        (event) => event.type === 'generation_complete' && event.outcome === 'completed',
      );
      if (texts.some(({ answer, at }) => answer === now && at < over)) return true;
      return orNone && over >= 0 ? false : undefined;
    });
    return result === true;
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
    const onClose = (): void => {
      this.owedSince ??= performance.now();
      // Nobody goes on in the middle of a word.
      this.toSpeak = 0;
    };
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

/** The server has shown that it knows of a turn. */
function isTaken(event: SessionEvent): boolean {
  return event.type === 'generation_started' ? event.turn_id !== null : event.type === 'transcription_finished';
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
