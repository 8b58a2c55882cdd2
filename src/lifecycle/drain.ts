import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../kernel/errors.js';
import { DrainState } from './drain-state.js';

/** Calls first, then what hands those over that are over, then who takes them. */
const STAGES = ['calls', 'hand_over', 'pusher'] as const;
export type DrainStage = (typeof STAGES)[number];

/** What is brought to its end while the sockets are still open, one stage after the other. */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Drain');
  private readonly work = new Map<DrainStage, () => Promise<void>>();

  constructor(private readonly state: DrainState) {}

  /** @param work bounded in time. Once for each stage. */
  on(stage: DrainStage, work: () => Promise<void>): void {
    this.work.set(stage, work);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.state.begin();
    for (const stage of STAGES) {
      try {
        await this.work.get(stage)?.();
      } catch (error) {
        this.logger.error(`${stage}: ${messageOf(error)}`);
      }
    }
  }
}
