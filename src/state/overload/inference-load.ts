/** Something that runs a model on this machine, and can say whether it keeps up. */
export interface InferenceSource {
  readonly name: string;
  /** Computing time for each second of audio, of one caller on one worker, of late. */
  readonly realTimeFactor: number;
  /** Requests that wait for a worker. */
  readonly waiting: number;
  /** How many requests it works on at a time, if that is not INFERENCE_WORKERS. */
  readonly permits?: number;
  /** Clock time of the newest measurement; else it is taken to be when `realTimeFactor` last changed. */
  readonly measuredAt?: number | undefined;
  /** Length of audio it takes at once at present, where that varies. */
  readonly chunkMs?: number;
}

/** How a source does, as of one moment. */
export interface InferenceReading {
  readonly name: string;
  /** 1 is just keeping up: the real-time factor for a caller who shares the workers with the backlog. */
  readonly share: number;
  readonly realTimeFactor: number;
  /** Requests that wait for a worker at this moment. */
  readonly waiting: number;
  /** As many have been waiting all the time of late: those who come at once and are soon served are no backlog. */
  readonly backlog: number;
  readonly workers: number;
  /** Nothing has been measured of late, and nothing waits: it counts for nothing. */
  readonly idle: boolean;
  readonly chunkMs: number | undefined;
}

/** Longer than the longest chunk takes on a machine that can only just not keep up. */
const IDLE_AFTER_MS = 15_000;
/** With a sample every half second, 2 s. */
const BACKLOG_SAMPLES = 4;

/** Watches one source. A factor from before the calls went away must not keep new ones out for ever. */
export class InferenceLoad {
  private readonly waits: number[] = Array.from({ length: BACKLOG_SAMPLES }, () => 0);
  private lastFactor: number | undefined;
  private activeAt: number;

  /** @param workers how many requests it can work on at a time. */
  constructor(
    private readonly source: InferenceSource,
    private readonly workers: number,
    now: number,
  ) {
    this.activeAt = now;
  }

  /** To be read once for each sample. */
  read(now: number): InferenceReading {
    const { name, realTimeFactor, waiting, measuredAt, chunkMs } = this.source;
    const changedAt = realTimeFactor === this.lastFactor ? this.activeAt : now;
    this.activeAt = waiting > 0 ? now : Math.max(this.activeAt, measuredAt ?? changedAt);
    this.lastFactor = realTimeFactor;
    this.waits.shift();
    this.waits.push(waiting);
    const backlog = Math.min(...this.waits);
    const { workers } = this;
    const idle = realTimeFactor === 0 || now - this.activeAt > IDLE_AFTER_MS;
    const share = idle ? 0 : realTimeFactor * (1 + backlog / workers);
    return { name, share, realTimeFactor, waiting, backlog, workers, idle, chunkMs };
  }
}
