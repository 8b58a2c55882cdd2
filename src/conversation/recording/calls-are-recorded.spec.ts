import { describe, expect, it } from '@jest/globals';
import { readWav } from '../../audio/wav.js';
import { ManualClock } from '../../kernel/clock.js';
import { type RecordedPiece, encodePiece, pieceName } from '../../services/archive/recorded-piece.js';
import { CallRecorder } from './call-recorder.js';
import { ConversationHarness, type HarnessOptions, nothingLeft } from '../testing/conversation-harness.js';

const RATE = 8000;

function recorded(options: HarnessOptions = {}): Promise<ConversationHarness> {
  return ConversationHarness.start({ recordedMs: 60_000, config: { greeting: false }, ...options });
}

async function channelsOf(piece: RecordedPiece): Promise<{ caller: Int16Array; agent: Int16Array }> {
  const { sampleRate, channels } = readWav(await encodePiece(piece));
  expect([sampleRate, channels.length]).toEqual([piece.sampleRate, 2]);
  return { caller: channels[0]!, agent: channels[1]! };
}

/** Where a channel sounds, ms; pauses of less than 100 ms do not count. */
function sounding(pcm: Int16Array, rate = RATE): [number, number][] {
  const spans: [number, number][] = [];
  for (let i = 0; i < pcm.length; i++) {
    if (Math.abs(pcm[i]!) < 50) continue;
    const atMs = (i * 1000) / rate;
    const last = spans.at(-1);
    if (last && atMs - last[1] < 100) last[1] = atMs;
    else spans.push([atMs, atMs]);
  }
  return spans.map(([from, to]) => [Math.round(from / 10) * 10, Math.round(to / 10) * 10]);
}

describe('a recording of a call', () => {
  it('has the caller left and the agent right, each where they were heard', async () => {
    const call = await recorded();
    await call.quiet(1000);
    call.llm.reply('Hello there.');
    await call.say('hello', 600);
    await call.until('generation_complete');
    const spoke = call.wire.log.find(({ kind }) => kind === 'audio')!.at;
    await call.quiet(500);
    const endedAt = call.clock.now();
    await call.hangUp();
    expect(call.pieces).toHaveLength(1);
    const { caller, agent } = await channelsOf(call.pieces[0]!);
    expect(caller.length).toBe((endedAt * RATE) / 1000);
    expect(sounding(caller)).toEqual([[1000, 1600]]);
    const [[from, to]] = sounding(agent) as [[number, number]];
    expect(Math.abs(from - spoke)).toBeLessThanOrEqual(20);
    expect(Math.abs(to - from - call.wire.audioMs)).toBeLessThanOrEqual(20);
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('does not have what was sent to the client and taken back', async () => {
    const call = await recorded();
    call.llm.reply('One two three four five six seven eight nine ten eleven twelve thirteen.');
    call.pipeline.pushText('count');
    await call.until('audio_stream_start');
    await call.quiet(1000);
    const sentMs = call.wire.audioMs;
    call.pipeline.interrupt();
    const clearedAt = call.clock.now();
    await call.quiet(1000);
    await call.hangUp();
    const { agent } = await channelsOf(call.pieces[0]!);
    const end = sounding(agent).at(-1)![1];
    expect(end).toBeLessThanOrEqual(clearedAt);
    expect(sounding(agent)[0]![0] + sentMs).toBeGreaterThan(clearedAt + 100);
  });

  it('has one file after the other, without a gap', async () => {
    const call = await recorded({ recordedMs: 1000 });
    await call.speak(4500);
    expect(call.pieces.length).toBeGreaterThanOrEqual(1);
    await call.hangUp();
    expect(call.pieces.map(pieceName)).toEqual([0, 1, 2, 3, 4].map((second) => `00000${second}000.wav`));
    const lengths = [];
    for (const piece of call.pieces) {
      const { caller } = await channelsOf(piece);
      lengths.push(caller.length);
      expect(caller.every((sample) => sample !== 0)).toBe(true);
    }
    expect(lengths).toEqual([8000, 8000, 8000, 8000, 4000]);
  });

  it('is at the rate of the caller, whatever that of the agent is', async () => {
    const call = await recorded({ inputRate: 16_000, outputRate: 24_000 });
    call.llm.reply('Hello there.');
    call.pipeline.pushText('hello');
    await call.until('generation_complete');
    await call.hangUp();
    const [piece] = call.pieces;
    expect(piece!.sampleRate).toBe(16_000);
    const { agent } = await channelsOf(piece!);
    const spans = sounding(agent, 16_000);
    expect(Math.abs(spans.at(-1)![1] - spans[0]![0] - call.wire.audioMs)).toBeLessThanOrEqual(30);
  });

  it('is there where the caller only types', async () => {
    const call = await recorded({ recordedMs: 20_000 });
    await call.clock.advance(30_000);
    call.llm.reply('Hello there.');
    call.pipeline.pushText('hello');
    await call.clock.advance(5000);
    await call.hangUp();
    // Nothing was heard before.
    expect(call.pieces.map(pieceName)).toEqual(['000020000.wav']);
    const { agent } = await channelsOf(call.pieces[0]!);
    expect(sounding(agent)[0]![0]).toBe(10_000);
  });

  it('goes on in another file where the caller comes back', async () => {
    const clock = new ManualClock();
    const pieces: RecordedPiece[] = [];
    const record = async (resumed: boolean, durationMs: number): Promise<void> => {
      const recorder = new CallRecorder({
        tenant: 'acme',
        conversationId: 'c1',
        clock,
        startedAt: 0,
        resumed,
        callerRate: RATE,
        agentRate: RATE,
        pieceMs: 60_000,
        onPiece: (piece) => pieces.push(piece),
      });
      for (let passedMs = 0; passedMs < durationMs; passedMs += 20) {
        await clock.advance(20);
        recorder.caller(new Int16Array(160).fill(1));
      }
      recorder.close();
    };
    await record(false, 1000);
    await clock.advance(5000);
    await record(true, 2000);
    expect(pieces.map((piece) => [pieceName(piece), piece.durationMs])).toEqual([
      ['000000000.wav', 1000],
      ['000006000.wav', 2000],
    ]);
    for (const piece of pieces) expect((await channelsOf(piece)).caller.every((sample) => sample === 1)).toBe(true);
  });

  it('is not made where it is not wanted', async () => {
    const call = await ConversationHarness.start();
    await call.speak(1000);
    await call.hangUp();
    expect(call.pieces).toEqual([]);
  });
});
