import { Injectable } from '@nestjs/common';
import { EventEmitter } from 'node:events';

/** What happens in calls, for the rest of the process. Nothing of what was said is in here. */
export interface CallEvents {
  'session.started': { readonly sessionId: string; readonly agent: string };
  'session.ended': {
    readonly sessionId: string;
    readonly reason: string;
    readonly durationMs: number;
    readonly turns: number;
  };
  /** `metrics` in milliseconds, by the names of the wire protocol. */
  'generation.completed': {
    readonly sessionId: string;
    readonly outcome: string;
    readonly metrics: Readonly<Record<string, number>>;
  };
}

type Name = keyof CallEvents;

/** Typed events within the process; listeners run at once, in the order in which they came. */
@Injectable()
export class EventBus {
  private readonly emitter = new EventEmitter();

  emit<N extends Name>(name: N, event: CallEvents[N]): void {
    this.emitter.emit(name, event);
  }

  /** Returns how to stop listening. */
  on<N extends Name>(name: N, listener: (event: CallEvents[N]) => void): () => void {
    this.emitter.on(name, listener);
    return () => this.emitter.off(name, listener);
  }

  /** How many listen, over all events. */
  get listenerCount(): number {
    return this.emitter.eventNames().reduce((sum, name) => sum + this.emitter.listenerCount(name), 0);
  }
}
