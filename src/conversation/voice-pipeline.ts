import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { type AbortKind, Aborted, isAborted } from '../kernel/abort.js';
import { messageOf } from '../kernel/errors.js';
import { TaskSupervisor } from '../kernel/task-supervisor.js';
import { endInOrder } from '../kernel/teardown.js';
import type { LiveSession, SaidBefore, SaidSoFar, SessionSummary } from '../state/session-registry.js';
import type { CallTransport } from './call-transport.js';
import { IdleWatch } from './idle-watch.js';
import type { SessionStart } from './session-start.js';
import { VoiceCall } from './voice-call.js';
import { type SessionServices, VoiceServices } from './voice-services.js';

/** What goes from one replica to another is bounded. */
const MOST_TOLD = 200;

/**
 * One live voice session, made afresh for each connection: how it begins, what runs in it, how it ends. Frames go in,
 * events and audio come out through the transport; everything in between hangs on one abort tree and is gone after `close`.
 *
 *     push ─► VoiceCall: Conversation: Listener ─► turns ─► GenerationRunner ─► transport
 */
@Injectable()
export class VoicePipeline implements LiveSession {
  /** Tells it from the one before that had the same id. */
  private readonly part = randomUUID() as string;
  private readonly newId = randomUUID() as string;
  private readonly madeAt: number;
  private readonly lifetime = new AbortController();
  private readonly supervisor: TaskSupervisor;
  private readonly idle: IdleWatch;
  /** Since `reserve`. */
  private call: VoiceCall | undefined;
  private reserving = false;
  private started = false;
  private closing = false;
  private whenClosed: () => void = () => undefined;

  /** Resolves when the session is gone, whoever ended it. */
  readonly closed = new Promise<void>((resolve) => (this.whenClosed = resolve));

  constructor(@Inject(VoiceServices) private readonly services: SessionServices) {
    const { clock, voiceConfig } = services;
    this.madeAt = clock.now();
    this.idle = new IdleWatch(clock, voiceConfig.idleTimeoutMs, () => void this.close('idle'));
    this.supervisor = new TaskSupervisor(
      this.lifetime.signal,
      clock,
      (end) => void this.close(end.status === 'cancelled' ? 'hangup' : 'error'),
      (name, problem) => this.log('error', `Task ${name} ${problem}`),
    );
  }

  /** That of before where it goes on after its connection was lost. */
  get id(): string {
    return this.call?.id ?? this.newId;
  }

  /**
   * Borrows what there may be to wait for: comes before `start`. On failure, and when it is closed in the meantime,
   * everything is given back and the error thrown.
   */
  async reserve(start: SessionStart): Promise<void> {
    this.reserving = true;
    try {
      this.lifetime.signal.throwIfAborted();
      this.call = this.callOf(start);
      await this.call.borrow();
      this.lifetime.signal.throwIfAborted();
    } catch (error) {
      this.giveUp(isAborted(error) ? error.kind : 'error');
      throw error;
    } finally {
      this.reserving = false;
    }
  }

  /** Builds the session and starts its tasks. On failure everything is given back and the error thrown. */
  async start(transport: CallTransport): Promise<void> {
    // The caller may have hung up in the meantime, or it may have taken too long.
    this.lifetime.signal.throwIfAborted();
    const call = this.call!;
    try {
      call.build(transport);
    } catch (error) {
      this.giveUp('error');
      throw error;
    }
    this.started = true;
    try {
      call.begin(() => this.services.registry.add(this));
    } catch (error) {
      await this.close('error');
      throw error;
    }
  }

  /** Audio of the caller, mono, at the transport's input rate. Kept, not copied. */
  pushAudio(pcm: Int16Array): void {
    this.call?.pushAudio(pcm);
  }

  /**
   * No recogniser, model, tool, recording or transcript gets what the caller says, types or keys. For what must not be
   * kept, such as the number of a card.
   */
  pause(): void {
    if (this.accepts()) this.call?.pause(true);
  }

  resume(): void {
    if (this.accepts()) this.call?.pause(false);
  }

  /** A typed turn. */
  pushText(text: string): void {
    if (this.accepts()) this.call?.pushText(text);
  }

  /** A key: 0-9, *, #, A-D. */
  pushDtmf(digit: string): void {
    if (this.accepts()) this.call?.pushDtmf(digit);
  }

  /** The caller's own client asks the agent to stop speaking. */
  interrupt(): void {
    if (this.accepts()) this.call?.interrupt();
  }

  /** The client's word on how much of a generation it has played. */
  reportPlayback(generationId: string, playedMs: number): void {
    this.call?.reportPlayback(generationId, playedMs);
  }

  describe(): SessionSummary {
    return { ...this.call!.describe(), active_tasks: this.supervisor.activeTasks };
  }

  said({ part, from }: SaidBefore): SaidSoFar {
    const said = this.call?.said ?? [];
    const known = part === this.part ? from : 0;
    const { agent, state } = this.describe();
    const entries = said.slice(known, known + MOST_TOLD);
    return { part: this.part, upTo: known + entries.length, entries, agent, state };
  }

  /** Ends the session: what runs is aborted, what was leased goes back, the client is told why. Idempotent. */
  close(kind: AbortKind): Promise<void> {
    if (this.closing) return this.closed;
    // First of all: what closing calls back (a generation that ends) must see that the session is over.
    this.closing = true;
    if (this.call && this.started) void this.end(this.call, kind);
    // Still being built: `reserve` sees the abort, and gives back what it has.
    else if (this.reserving) this.lifetime.abort(new Aborted(kind));
    else this.giveUp(kind);
    return this.closed;
  }

  private callOf(start: SessionStart): VoiceCall {
    const { services, supervisor, newId, madeAt } = this;
    return new VoiceCall({
      services,
      start,
      newId,
      madeAt,
      supervisor,
      session: this.lifetime.signal,
      onActivity: () => this.idle.touch(),
      onOver: (kind) => void this.close(kind),
      log: (level, message) => this.log(level, message),
    });
  }

  /** Before it has begun. */
  private giveUp(kind: AbortKind): void {
    this.lifetime.abort(new Aborted(kind));
    this.call?.giveUp(kind);
    this.closing = true;
    this.whenClosed();
  }

  private accepts(): boolean {
    return this.started && !this.closing;
  }

  private async end(call: VoiceCall, kind: AbortKind): Promise<void> {
    const { config, registry } = this.services;
    let leaked: readonly string[] = [];
    const endings = [
      () => this.sayGoodbye(call, kind),
      async () => (leaked = await this.supervisor.stop(kind, config.taskStopMs)),
      ...call.endings(kind),
      () => registry.remove(this.id),
    ];
    await endInOrder(endings, (error) => this.log('error', `Ending: ${messageOf(error)}`));
    call.endTrace(kind, leaked);
    this.whenClosed();
    call.report(kind, leaked);
  }

  /** At once: nothing is sent and no timer runs any more. */
  private sayGoodbye(call: VoiceCall, kind: AbortKind): void {
    this.idle.close();
    try {
      call.sayGoodbye(kind);
    } finally {
      this.lifetime.abort(new Aborted(kind));
    }
  }

  private log(level: 'info' | 'warn' | 'error', message: string): void {
    this.services.logger[level]({ session_id: this.id }, message);
  }
}
