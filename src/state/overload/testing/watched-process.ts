import type { AudioSource } from '../../../audio/source-queues.js';
import type { OverloadConfig } from '../../../config/overload.config.js';
import { ManualClock } from '../../../kernel/clock.js';
import { SessionSlots } from '../../session-slots.js';
import { AudioQueues } from '../audio-queues.js';
import { EventLoopProbe } from '../event-loop-probe.js';
import { type LevelChange, OverloadMonitor } from '../overload-monitor.js';

/** As in config/default.yaml. */
const overloadDefaults: OverloadConfig = { sampleMs: 500, eventLoopDelayMs: 100, afterMs: 5000, recoveryMs: 30_000 };
/** Of 20 ms at 8 kHz. */
export const SAMPLES = 160;

/** An event loop that is as late as it is told to be. */
class ScriptedProbe extends EventLoopProbe {
  delayMs = 0;
  running = false;

  start(): void {
    this.running = true;
  }

  read(): number {
    return this.delayMs;
  }

  stop(): void {
    this.running = false;
  }
}

/** A process whose load is what a test makes it, on a clock that stands still. */
export class WatchedProcess {
  readonly clock = new ManualClock();
  readonly probe = new ScriptedProbe();
  readonly queues = new AudioQueues(this.clock);
  readonly slots: SessionSlots;
  readonly monitor: OverloadMonitor;
  readonly changes: LevelChange[] = [];

  constructor(maxSessions = 100) {
    this.slots = new SessionSlots({ capacity: maxSessions, queue: 100 }, this.clock);
    this.monitor = new OverloadMonitor(overloadDefaults, this.clock, this.probe, this.queues, this.slots);
    this.monitor.onChange((change) => this.changes.push(change));
    this.monitor.start();
  }

  get level(): string {
    return this.monitor.level;
  }

  /** Sessions whose audio comes in real time for `forMs`, and is taken or not. */
  async run(sessions: number, taken: (session: number) => boolean, forMs: number, source: AudioSource = 'mic') {
    const open = Array.from({ length: sessions }, () =>
      this.queues.open({ use: 'conversation', sources: [source], sampleRate: 8000 }),
    );
    for (let ms = 0; ms < forMs; ms += 20) {
      await this.clock.advance(20);
      open.forEach((queues, i) => {
        queues.push(source, new Int16Array(SAMPLES));
        if (taken(i)) queues.take(source);
      });
    }
    return open;
  }
}
