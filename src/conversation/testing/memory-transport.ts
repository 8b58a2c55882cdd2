import type { AudioEncoding } from '../../audio/codec.js';
import type { CloseCode } from '../../kernel/close-codes.js';
import type { Clock } from '../../kernel/clock.js';
import type { CallTransport } from '../call-transport.js';
import type { SessionEvent } from '../session-events.js';

/** What went over the wire, with the clock time at which it did. */
export type WireEntry =
  | { readonly at: number; readonly kind: 'event'; readonly event: SessionEvent }
  | { readonly at: number; readonly kind: 'audio'; readonly pcm: Int16Array }
  | { readonly at: number; readonly kind: 'close'; readonly code: CloseCode; readonly reason: string };

export type EventOf<T extends SessionEvent['type']> = Extract<SessionEvent, { type: T }>;

/** A wire that only remembers. */
export class MemoryTransport implements CallTransport {
  readonly encoding: AudioEncoding = 'pcm16';
  readonly log: WireEntry[] = [];
  private backlog: { readonly ms: number; readonly since: number; readonly drains: boolean } | undefined;

  constructor(
    private readonly clock: Clock,
    readonly inputRate: number,
    readonly outputRate: number,
  ) {}

  get backlogMs(): number {
    if (!this.backlog) return 0;
    const { ms, since, drains } = this.backlog;
    return drains ? Math.max(0, ms - (this.clock.now() - since)) : ms;
  }

  /** What the client has not taken, and never will. */
  set backlogMs(ms: number) {
    this.backlog = { ms, since: this.clock.now(), drains: false };
  }

  /** The client has so much to take, and takes it in real time. */
  fallBehind(ms: number): void {
    this.backlog = { ms, since: this.clock.now(), drains: true };
  }

  send(event: SessionEvent): void {
    // As it was then: a message on a wire does not change any more.
    this.log.push({ at: this.clock.now(), kind: 'event', event: structuredClone(event) });
  }

  sendAudio(pcm: Int16Array): void {
    this.log.push({ at: this.clock.now(), kind: 'audio', pcm });
  }

  close(code: CloseCode, reason: string): void {
    this.log.push({ at: this.clock.now(), kind: 'close', code, reason });
  }

  events<T extends SessionEvent['type']>(type: T): EventOf<T>[] {
    return this.log.flatMap((entry) =>
      entry.kind === 'event' && entry.event.type === type ? [entry.event as EventOf<T>] : [],
    );
  }

  /** The types of all events, a run of the same type once. */
  get types(): string[] {
    return this.log
      .flatMap((entry) => (entry.kind === 'event' ? [entry.event.type] : []))
      .filter((type, index, all) => type !== all[index - 1]);
  }

  /** When the first event of this type that matches went out; undefined if none did. */
  timeOf<T extends SessionEvent['type']>(
    type: T,
    matches: (event: EventOf<T>) => boolean = () => true,
  ): number | undefined {
    return this.log.find(
      (entry) => entry.kind === 'event' && entry.event.type === type && matches(entry.event as EventOf<T>),
    )?.at;
  }

  /** Milliseconds of audio sent in all. */
  get audioMs(): number {
    return this.log.reduce(
      (sum, entry) => sum + (entry.kind === 'audio' ? (entry.pcm.length * 1000) / this.outputRate : 0),
      0,
    );
  }

  get closed(): { code: CloseCode; reason: string } | undefined {
    const entry = this.log.find((entry) => entry.kind === 'close');
    return entry && { code: entry.code, reason: entry.reason };
  }
}
