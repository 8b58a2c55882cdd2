import { loadConfig } from '../../src/config/load.js';
import { PusherConfig } from '../../src/config/pusher.config.js';
import { Chance } from '../../src/kernel/chance.js';
import type { LinksSnapshot } from '../../src/pusher/link/link-metrics.js';
import type {
  LinkListener,
  LinkState,
  ProcessRequest,
  ProcessResult,
  PusherLink,
} from '../../src/pusher/link/pusher-link.js';
import { WsPusherLinks } from '../../src/pusher/link/ws-pusher-links.js';
import type { Segment } from '../../src/services/conversations/conversation-record.js';
import { Happenings, WatchedClock, comesTrue } from './happenings.js';
import { ScriptedPusher } from './scripted-pusher.js';

export const SECRET = 'a-secret-that-nobody-may-read';
/** For connections that are made while the clock runs ahead of the network. */
export const PATIENT_MS = 3_600_000;
export const START = 1_700_000_000_000;

export function pusherConfig(settings: Partial<PusherConfig> = {}): PusherConfig {
  return Object.assign(new PusherConfig(), loadConfig({}).values.get(PusherConfig), settings);
}

/** What a link tells its session. */
export class LinkEar implements LinkListener {
  readonly results: ProcessResult[] = [];
  readonly states: LinkState[] = [];
  readonly lost: { conversationId: string; fromMs: number; toMs: number }[] = [];

  constructor(private readonly happenings: Happenings) {}

  onResult(result: ProcessResult): void {
    this.results.push(result);
    this.happenings.happened();
  }

  onState(state: LinkState): void {
    this.states.push(state);
    this.happenings.happened();
  }

  onAudioLost(conversationId: string, fromMs: number, toMs: number): void {
    this.lost.push({ conversationId, fromMs: fromMs - START, toMs: toMs - START });
    this.happenings.happened();
  }
}

export function processRequest(jobId: string): ProcessRequest {
  return { jobId, tenant: 'acme', conversationId: `of-${jobId}`, generation: 1, language: 'en-GB' };
}

export function segment(id: string, text = id): Segment {
  return {
    id,
    text,
    speaker: 'SPEAKER_00',
    speaker_id: 0,
    is_user: false,
    person_id: null,
    start: 0,
    end: 1,
    stt_provider: 'scripted',
  };
}

/** Links, a pusher that does what the test says, and a clock that stands still. */
export class LinkBench {
  readonly happenings: Happenings;
  readonly clock: WatchedClock;
  readonly links: WsPusherLinks;
  readonly config: PusherConfig;
  /** Nobody knows where the pusher is. */
  nowhere = false;

  private constructor(
    readonly pusher: ScriptedPusher,
    happenings: Happenings,
    settings: Partial<PusherConfig>,
    port: number,
  ) {
    this.happenings = happenings;
    this.clock = new WatchedClock(happenings);
    this.config = pusherConfig(settings);
    this.links = new WsPusherLinks({
      config: this.config,
      clock: this.clock,
      chance: new Chance(1),
      secret: SECRET,
      urlFor: ({ sessionId }) =>
        this.nowhere ? undefined : new URL(`ws://127.0.0.1:${port}/api/v1/pusher/ws?session=${sessionId}`),
    });
  }

  static async start(
    settings: Partial<PusherConfig> = {},
    prepare: (pusher: ScriptedPusher) => void | Promise<number> = () => undefined,
  ): Promise<LinkBench> {
    const happenings = new Happenings();
    const pusher = await ScriptedPusher.start(happenings);
    const port = (await prepare(pusher)) ?? pusher.port;
    return new LinkBench(pusher, happenings, settings, port);
  }

  /** Mono, 8 kHz: a millisecond is 16 bytes. */
  open(sessionId = 's1'): { link: PusherLink; ear: LinkEar } {
    const ear = new LinkEar(this.happenings);
    const link = this.links.open({ sessionId, tenant: 'acme', sampleRate: 8000, channels: 1, listener: ear });
    return { link, ear };
  }

  until(condition: () => boolean): Promise<void> {
    return this.happenings.until(condition);
  }

  /** What no event tells of: the link has heard what the pusher has sent. */
  untilSnapshot(expected: Partial<LinksSnapshot>): Promise<void> {
    return comesTrue(() => {
      const now = this.links.snapshot();
      return Object.entries(expected).every(([key, value]) => now[key as keyof LinksSnapshot] === value);
    });
  }

  /** How long links wait before they try again, of all timers that were set. */
  get pauses(): number[] {
    const others = [this.config.connectTimeoutMs, this.config.heartbeatMs, 2000];
    return this.clock.delays.filter((delayMs) => !others.includes(delayMs));
  }

  /** Lets the next pause pass, once it has begun. */
  async passPause(index: number): Promise<void> {
    await this.until(() => this.pauses.length > index);
    await this.clock.advance(this.pauses[index]!);
  }

  async stop(): Promise<void> {
    const closed = this.links.closeAll();
    // Some did not answer a close frame.
    await this.clock.advance(5000);
    await closed;
    await this.pusher.stop();
  }
}

/** Frames of 20 ms of one leg, told apart by their samples. */
export function speak(link: PusherLink, fromMs: number, toMs: number): void {
  for (let at = fromMs; at < toMs; at += 20) link.sendAudio(START + at, new Int16Array(160).fill(at % 30_000));
}
