// node listen-client.mjs ws://localhost:8000/api/v1/listen/ws our-side.wav customer.wav
import { readFileSync } from 'node:fs';

const RATE = 8000; // Hz; the files are PCM16, mono, with a header of 44 bytes
const FRAME_MS = 20;
const FRAME_BYTES = (RATE / 1000) * FRAME_MS * 2;
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
let startedAt;
let soundCard;

const handlers = {
  conversation_session: (event) => console.log(`conversation ${event.status}`),
  service_status: ({ status, status_text }) => {
    if (status === 'ready' && !soundCard) {
      startedAt = performance.now();
      soundCard = setInterval(sendWhatIsDue, FRAME_MS);
    } else if (status.endsWith('failed')) console.error(status_text);
  },
  segments_deleted: (event) => event.segment_ids.forEach((id) => segments.delete(id)),
  audio_dropped: (event) =>
    console.error(`no ${event.of} of ${event.source} from ${event.from_ms} to ${event.to_ms} ms: ${event.reason}`),
  error: (event) => console.error(`${event.code}: ${event.message}`),
};

// Timers come late, a sound card does not: what has been missed follows at once. A pause would be one in the call.
function sendWhatIsDue() {
  for (; sentBytes < legs[0][1].length; sentBytes += FRAME_BYTES) {
    if (FRAME_MS * (sentBytes / FRAME_BYTES) > performance.now() - startedAt) return;
    for (const [leg, pcm] of legs) call.send(Buffer.from([leg, ...pcm.subarray(sentBytes, sentBytes + FRAME_BYTES)]));
  }
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
