import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/clock.js';
import { ScriptedSttDriver } from '../speech/testing/scripted-stt.js';
import { type VadListener, type VadRate, type VadStream, VoiceActivityDetector } from '../speech/voice-activity.js';
import { AudioQueues } from '../state/overload/audio-queues.js';
import { Listener } from './listener.js';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';

const FRAME = 160;
const loud = (durationMs: number): Int16Array => new Int16Array(durationMs * 8).fill(8000);
const quiet = (durationMs: number): Int16Array => new Int16Array(durationMs * 8);

describe('a client that sends faster than real time, and then nothing', () => {
  it('is heard to the end of what it sent, when its time has come', async () => {
    const call = await ConversationHarness.start();
    call.stt.hears('all of it');
    // Three seconds are taken at once, what comes after waits for its time.
    call.pipeline.pushAudio(quiet(1000));
    call.pipeline.pushAudio(loud(3300));
    call.pipeline.pushAudio(quiet(600));
    await call.clock.advance(100);
    expect(call.wire.events('transcription_finished')).toEqual([]);
    await call.clock.advance(2000);
    expect(call.wire.events('transcription_finished')).toMatchObject([{ text: 'all of it', end_ms: 4300 }]);
    expect(call.wire.events('audio_dropped')).toEqual([]);
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('leaves no backlog behind, and no timer', async () => {
    const clock = new ManualClock();
    const queues = new AudioQueues(clock);
    const judged: number[] = [];
    const listener = await listen(clock, queues, judged);
    listener.push(quiet(4900));
    expect(queues.loadOf('mic').depth).toBeGreaterThan(0);
    await clock.advance(2500);
    expect(queues.loadOf('mic')).toMatchObject({ depth: 0, backlog: 0 });
    expect(clock.pending).toBe(0);
  });

  it('has its windows judged in order, once each', async () => {
    const clock = new ManualClock();
    const judged: number[] = [];
    const listener = await listen(clock, new AudioQueues(clock), judged);
    listener.push(quiet(4000));
    await clock.advance(500);
    listener.push(quiet(400));
    await clock.advance(3000);
    expect(judged).toEqual(Array.from({ length: 220 }, (_, index) => (index + 1) * 20));
    listener.close();
  });
});

/** A listener with a detector that answers while it is written to, and does not like to be written to meanwhile. */
async function listen(clock: ManualClock, queues: AudioQueues, judged: number[]): Promise<Listener> {
  const options = { startMs: 60, endSilenceMs: 500, maxUtteranceMs: 30_000, threshold: 0.5, preRollMs: 300 };
  const listener = new Listener(
    { ...options, inputRate: 8000, sttRate: 8000 },
    queues.open({ use: 'conversation', sources: ['mic'], sampleRate: 8000 }),
    await new ScriptedSttDriver(clock).createStream(),
    new StrictDetector(judged),
    clock,
    {
      speechHeard: () => undefined,
      speechStopped: () => undefined,
      partial: () => undefined,
      final: () => undefined,
      failed: () => undefined,
      abandoned: () => undefined,
      dropped: () => undefined,
    },
  );
  listener.start();
  return listener;
}

class StrictDetector extends VoiceActivityDetector {
  readonly name = 'strict';

  constructor(private readonly judged: number[]) {
    super();
  }

  override async start(): Promise<void> {}

  override open(_: VadRate, listener: VadListener): VadStream {
    let endMs = 0;
    let writing = false;
    return {
      write: (pcm) => {
        if (writing) throw new Error('written to while it judges');
        writing = true;
        for (let at = 0; at < pcm.length; at += FRAME) {
          this.judged.push((endMs += 20));
          listener(0, endMs);
        }
        writing = false;
      },
      close: () => undefined,
    };
  }

  override async close(): Promise<void> {}
}
