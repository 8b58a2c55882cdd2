import { describe, expect, it } from '@jest/globals';
import { ConversationHarness } from './testing/conversation-harness.js';

describe('after a clear', () => {
  it('nothing of the interrupted answer is sent, however late its synthesis and its model come', async () => {
    const call = await ConversationHarness.start({ tts: { firstChunkAfterMs: 300, chunkAfterMs: 100 } });
    call.llm.reply('First sentence here. ', 'Second sentence here. ', { text: 'Third. ', afterMs: 1500 }, 'Fourth.');
    call.llm.reply({ stall: true });
    call.pipeline.pushText('hello');
    await call.quiet(900);
    call.pipeline.pushText('something else');
    const clearedAt = call.wire.log.findIndex((entry) => entry.kind === 'event' && entry.event.type === 'audio_clear');
    expect(clearedAt).toBeGreaterThan(0);
    await call.quiet(5000);
    const after = call.wire.log.slice(clearedAt + 1);
    expect(after.filter(({ kind }) => kind === 'audio')).toEqual([]);
    const types = after.flatMap((entry) => (entry.kind === 'event' ? [entry.event.type] : []));
    expect(types).toEqual(['generation_complete', 'generation_started']);
  });

  it('at the request of the client, the next answer has its own stream', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('A long sentence about nothing.').reply('Short.');
    call.pipeline.pushText('hello');
    await call.quiet(400);
    call.pipeline.interrupt();
    const sent = call.wire.audioMs;
    await call.quiet(2000);
    expect(call.wire.audioMs).toBe(sent);
    await call.ask('again');
    expect(call.wire.audioMs).toBe(sent + 300);
    expect(call.wire.events('audio_stream_start').map(({ message_id }) => message_id)).toEqual([
      'gen_1_m1',
      'gen_2_m1',
    ]);
  });
});
