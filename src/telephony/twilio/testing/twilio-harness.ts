import type { PinoLogger } from 'nestjs-pino';
import { ConversationHarness, type HarnessOptions } from '../../../conversation/testing/conversation-harness.js';
import { TwilioStream } from '../twilio-stream.js';
import { TwilioPlayer, type TwilioPlayerOptions } from './twilio-player.js';

export const startMessage = {
  event: 'start',
  sequenceNumber: '1',
  start: {
    accountSid: 'AC1',
    streamSid: 'MZ1',
    callSid: 'CA1',
    tracks: ['inbound'],
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
    customParameters: {},
  },
  streamSid: 'MZ1',
};

/** A session with scripted speech behind a stream, and Twilio's end of it, all on one clock. */
export class TwilioHarness {
  readonly player: TwilioPlayer;
  readonly stream: TwilioStream;
  /** Lines of the stream's log. */
  readonly logged: string[] = [];

  private constructor(
    readonly call: ConversationHarness,
    options: TwilioPlayerOptions,
  ) {
    this.player = new TwilioPlayer(call.clock, options);
    const log = (_: object, line: string): void => void this.logged.push(line);
    this.stream = new TwilioStream(this.player.socket, {
      clock: call.clock,
      startTimeoutMs: 5000,
      logger: { debug: log, info: log, warn: log } as unknown as PinoLogger,
      choose: () => ({ scenario: undefined, agent: undefined, language: undefined }),
    });
  }

  /** The stream has been opened, and no `start` has come. */
  static opened(player: TwilioPlayerOptions = {}, options: HarnessOptions = {}): TwilioHarness {
    return new TwilioHarness(new ConversationHarness(options), player);
  }

  /** A session that has begun. */
  static async start(player: TwilioPlayerOptions = {}, options: HarnessOptions = {}): Promise<TwilioHarness> {
    const harness = TwilioHarness.opened(player, options);
    harness.player.says(startMessage);
    await harness.bind();
    return harness;
  }

  /** Builds the session of a stream whose `start` has come. */
  async bind(): Promise<void> {
    const { call, stream } = this;
    const opened = await stream.opening;
    if (!opened) throw new Error('The stream was not opened');
    await call.speech.start(new AbortController().signal);
    await call.pipeline.reserve({ ...opened, scenario: 'test' });
    await call.pipeline.start(opened.transport);
    opened.bind(call.pipeline);
    await call.clock.advance(0);
  }

  /** The agent answers with this text, from now on. */
  answer(text: string): void {
    this.call.llm.reply(text);
    this.call.pipeline.pushText('go on');
  }
}
