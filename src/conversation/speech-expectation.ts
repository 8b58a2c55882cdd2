import { speechHintsOf } from '../agents/speech-hints.js';
import { messageOf } from '../kernel/errors.js';
import type { TaskSupervisor } from '../kernel/task-supervisor.js';
import type { ConversationState } from './conversation-state.js';
import type { SpeechHints } from '../speech/stt-stream.js';

const TASK = 'hints';

/** Keeps what the recogniser expects in step with what the agent has asked: one preparation at a time, the newest last. */
export class SpeechExpectation {
  private running = false;
  private outdated = false;

  constructor(
    private readonly state: ConversationState,
    private readonly listener: { prepare(hints: SpeechHints): Promise<void> },
    private readonly supervisor: TaskSupervisor,
    private readonly onError: (message: string) => void,
  ) {}

  /** The conversation has moved on. A task of the session, so that the recogniser is not given back in the middle of it. */
  update(): void {
    this.outdated = true;
    if (this.running) return;
    this.running = true;
    void this.supervisor
      .spawn(TASK, (signal) => this.prepare(signal))
      .then(() => {
        this.running = false;
        if (this.outdated && !this.supervisor.signal.aborted) this.update();
      });
  }

  private async prepare(signal: AbortSignal): Promise<void> {
    while (this.outdated && !signal.aborted) {
      this.outdated = false;
      const { agent, expecting } = this.state;
      try {
        await this.listener.prepare(speechHintsOf(agent, expecting));
      } catch (error) {
        this.onError(`Speech hints of ${agent.name}: ${messageOf(error)}`);
      }
    }
  }
}
