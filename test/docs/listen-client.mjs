// node listen-client.mjs ws://localhost:8000/api/v1/listen/ws our-side.wav customer.wav
import { readFileSync } from 'node:fs';

const RATE = 8000; // Hz; the files are PCM16, mono, with a header of 44 bytes
const FRAME_BYTES = (RATE / 50) * 2; // 20 ms
const [address = 'ws://localhost:8000/api/v1/listen/ws', ...files] = process.argv.slice(2);
const [ours, theirs] = files.map((file) => readFileSync(file).subarray(44));

// Our side speaks first, the customer a second and a half later. Both lines are open all the time.
const pause = (seconds) => Buffer.alloc(RATE * 2 * seconds);
const legs = [
  [1, Buffer.concat([ours, pause(1.5), Buffer.alloc(theirs.length), pause(1)])],
  [2, Buffer.concat([Buffer.alloc(ours.length), pause(1.5), theirs, pause(1)])],
];

const call = new WebSocket(`${address}?channels=2&sample_rate=${RATE}&encoding=pcm16`);
const segments = new Map();
let sentBytes = 0;
let soundCard;

const handlers = {
  conversation_session: (event) => console.log(`conversation ${event.status}`),
  service_status: ({ status, status_text }) => {
    if (status === 'ready') soundCard = setInterval(sendFrame, 20);
    else if (status.endsWith('failed')) console.error(status_text);
  },
  segments_deleted: (event) => event.segment_ids.forEach((id) => segments.delete(id)),
  audio_dropped: (event) =>
    console.error(`no ${event.of} of ${event.source} from ${event.from_ms} to ${event.to_ms} ms: ${event.reason}`),
  error: (event) => console.error(`${event.code}: ${event.message}`),
};

function sendFrame() {
  for (const [leg, pcm] of legs) call.send(Buffer.from([leg, ...pcm.subarray(sentBytes, sentBytes + FRAME_BYTES)]));
  sentBytes += FRAME_BYTES;
  if (sentBytes < legs[0][1].length) return;
  clearInterval(soundCard);
  call.send(JSON.stringify({ type: 'end' }));
}

call.addEventListener('message', ({ data }) => {
  if (data === 'ping') return; // for proxies; not JSON
  const message = JSON.parse(data);
  if (Array.isArray(message)) for (const segment of message) segments.set(segment.id, segment);
  else handlers[message.type]?.(message);
});
call.addEventListener('error', () => {
  console.error('The server did not let us in, or went away.');
  process.exitCode = 1;
});
call.addEventListener('close', ({ code }) => {
  clearInterval(soundCard);
  const inOrder = [...segments.values()].sort((a, b) => a.start - b.start);
  for (const { start, is_user, text } of inOrder)
    console.log(`${start.toFixed(1)} s ${is_user ? 'we' : 'they'}: ${text}`);
  console.log(`closed ${code}`);
});
