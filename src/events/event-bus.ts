import { Injectable, Logger } from '@nestjs/common';
import { EventEmitter } from 'node:events';
import { messageOf } from '../kernel/errors.js';
import type { LevelChange } from '../state/overload/overload-monitor.js';

/** What happens in calls and to the process, for the rest of it. Nothing of what was said is in here. */
export interface CallEvents {
  'session.started': { readonly sessionId: string; readonly agent: string };
  'session.ended': {
    readonly sessionId: string;
    readonly reason: string;
    /** What became of the call. */
    readonly outcome: string;
    readonly durationMs: number;
    readonly turns: number;
  };
  /** `afterMs`: from when they began to wait to the first sound of the greeting. Told when it is over. */
  'caller.greeted': { readonly sessionId: string; readonly afterMs: number };
  /** The caller has said, typed or keyed something. */
  'turn.taken': { readonly sessionId: string; readonly source: string; readonly understood: boolean };
  /** `metrics` in milliseconds, by the names of the wire protocol; `source` of what it answers. */
  'generation.completed': {
    readonly sessionId: string;
    readonly outcome: string;
    readonly source: string;
    readonly usedTools: boolean;
    readonly metrics: Readonly<Record<string, number>>;
  };
  /** The caller has cut in, or made a sound that meant nothing: then the agent has gone on. */
  'agent.silenced': { readonly sessionId: string; readonly outcome: 'interrupted' | 'resumed' };
  'agent.changed': { readonly sessionId: string; readonly to: string; readonly kind: string };
  'call.transferred': { readonly sessionId: string; readonly status: string };
  'listen.started': { readonly sessionId: string };
  'listen.ended': {
    readonly sessionId: string;
    readonly reason: string;
    readonly durationMs: number;
    /** Understood. */
    readonly segments: number;
  };
  /** The process is harder pressed than before, or less; what follows from it is in effect. */
  'overload.changed': LevelChange;
}

type Name = keyof CallEvents;

/** Typed events within the process; listeners run at once, in the order in which they came. */
@Injectable()
export class EventBus {
  private readonly logger = new Logger('Events');
  private readonly emitter = new EventEmitter();

  emit<N extends Name>(name: N, event: CallEvents[N]): void {
    this.emitter.emit(name, event);
  }

  /** Returns how to stop listening. What a listener throws is logged: a call does not end over it. */
  on<N extends Name>(name: N, listener: (event: CallEvents[N]) => void): () => void {
    const guarded = (event: CallEvents[N]): void => {
      try {
        listener(event);
      } catch (error) {
        this.logger.error(`A listener to ${name} failed: ${messageOf(error)}`);
      }
    };
    this.emitter.on(name, guarded);
    return () => this.emitter.off(name, guarded);
  }

  /** How many listen, over all events. */
  get listenerCount(): number {
    return this.emitter.eventNames().reduce((sum, name) => sum + this.emitter.listenerCount(name), 0);
  }
}
