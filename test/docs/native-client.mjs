// node native-client.mjs ws://localhost:8000/api/v1/voice/ws "what is my balance" "four two four two"
import { writeFileSync } from 'node:fs';

const [address = 'ws://localhost:8000/api/v1/voice/ws', ...lines] = process.argv.slice(2);
const call = new WebSocket(`${address}?encoding=pcm16&sample_rate=16000`);
call.binaryType = 'arraybuffer';
const say = (message) => call.send(JSON.stringify(message));

const toPlay = []; // what the agent said and the caller has not heard yet, in frames of 20 ms
const played = [];

// A microphone that hears nothing, and a loudspeaker: one frame each, every 20 ms.
const soundCard = setInterval(() => {
  if (call.readyState === WebSocket.OPEN) call.send(new Int16Array(320));
  played.push(toPlay.shift() ?? new Int16Array(320));
}, 20);

const handlers = {
  session_started: (event) => console.log(`call ${event.session_id} with ${event.agent}`),
  text_stream_stop: (event) => console.log(`agent: ${event.text}`),
  transcription_finished: (event) => console.log(`caller: ${event.rejected ? '(not understood)' : event.text}`),
  handoff: (event) => console.log(`now ${event.to} speaks`),
  audio_clear: () => (toPlay.length = 0),
  generation_complete: (event) => {
    if (event.outcome === 'interrupted') return;
    const text = lines.shift();
    if (text) console.log(`caller: ${text}`);
    say(text ? { type: 'user_message', text } : { type: 'end' });
  },
  error: (event) => console.error(`${event.code}: ${event.message}`),
  session_ended: (event) => console.log(`ended: ${event.reason}, ${event.turns} turns`),
};

call.addEventListener('message', ({ data }) => {
  if (data instanceof ArrayBuffer) toPlay.push(new Int16Array(data));
  else handlers[JSON.parse(data).type]?.(JSON.parse(data));
});
call.addEventListener('error', () => {
  console.error('The server did not let us in, or went away.');
  process.exitCode = 1;
});
call.addEventListener('close', ({ code }) => {
  clearInterval(soundCard);
  writeFileSync('heard.raw', Buffer.concat(played.map((frame) => Buffer.from(frame.buffer))));
  console.log(`closed ${code}, ${played.length * 20} ms in heard.raw`);
});
