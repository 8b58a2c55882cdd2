import type { EventBus } from '../events/event-bus.js';
import { messageOf } from '../kernel/errors.js';
import type { TaskSupervisor } from '../kernel/task-supervisor.js';
import type { CallTrace } from './call-trace.js';
import type { CallTransport } from './call-transport.js';
import type { TransferStatus } from './session-end.js';
import type { FinalAction } from './turn.js';

type Transfer = FinalAction & { type: 'transfer' };

export interface CallEndingParts {
  readonly sessionId: string;
  readonly transport: CallTransport;
  readonly supervisor: TaskSupervisor;
  readonly trace: CallTrace;
  readonly events: EventBus;
  /** Ends with the session. */
  readonly session: AbortSignal;
  readonly log: (level: 'warn', message: string) => void;
  /** The caller waits to be put through. */
  readonly onTransferring: () => void;
  /** Nobody has taken the caller. */
  readonly onTransferFailed: () => void;
  /** The agent has nothing left to do. */
  readonly onOver: () => void;
}

/** What the agent does when it has said its last: it hangs up, or has somebody else take the caller. */
export class CallEnding {
  private status: TransferStatus | undefined;

  constructor(private readonly parts: CallEndingParts) {}

  /** What came of the last attempt; undefined if nobody wanted a transfer. */
  get transferred(): TransferStatus | undefined {
    return this.status;
  }

  begin(action: FinalAction): void {
    const { transport, supervisor, onOver } = this.parts;
    if (action.type === 'end') return onOver();
    if (transport.transfer) return void supervisor.spawn('transfer', () => this.transfer(action));
    this.tell(action, 'simulated');
    onOver();
  }

  /** The caller stays with the agent until somebody else has them. */
  private async transfer(action: Transfer): Promise<void> {
    const { transport, session, log, onTransferring, onTransferFailed, onOver } = this.parts;
    this.tell(action, 'started');
    onTransferring();
    try {
      await transport.transfer?.(action.target, action.reason);
      onOver();
    } catch (error) {
      if (session.aborted) return;
      log('warn', `Transfer: ${messageOf(error)}`);
      this.tell(action, 'failed');
      onTransferFailed();
    }
  }

  private tell({ target, reason }: Transfer, status: TransferStatus): void {
    const { sessionId, transport, trace, events } = this.parts;
    this.status = status;
    trace.transfer(target, status);
    events.emit('call.transferred', { sessionId, status });
    transport.send({ type: 'transfer', target, status, reason });
  }
}
