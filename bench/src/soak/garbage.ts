import { clientFrame, OPCODE } from '../load/ws-frames.ts';

type Random = () => number;

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
const bytes = (random: Random, length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, () => Math.floor(random() * 256)));

const BINARY = 0x2;
const RESERVED = 0x3;
const TOO_LONG = 70_000;

const NONSENSE = [
  '{',
  'null',
  '[]',
  '"x"',
  '{"event":"media"}',
  '{"event":"media","media":{"payload":42}}',
  '{"event":"media","streamSid":"MZ0","media":{"payload":"%%%%"}}',
  '{"event":"start","start":{}}',
  '{"event":"nothing"}',
  '{"event":"mark","mark":{"name":"never sent"}}',
  '{"type":"user_message","text":""}',
  '{"type":"dtmf","digit":"99"}',
  '{"type":"playback","generation_id":"gen_9999","played_ms":-1}',
  '{"type":"nothing"}',
  '{"__proto__":{"type":"end"}}',
];

/** Bytes that a client should not send: nonsense that is answered, or a breach of the protocol that ends the call. */
export function garbage(random: Random, mask: Uint8Array): Buffer {
  const kind = random();
  if (kind < 0.6) return clientFrame(OPCODE.text, Buffer.from(pick(random, NONSENSE)), mask);
  if (kind < 0.7) return clientFrame(OPCODE.text, bytes(random, 20), mask);
  if (kind < 0.8) return clientFrame(BINARY, bytes(random, 1 + Math.floor(random() * 2000)), mask);
  if (kind < 0.85) return clientFrame(RESERVED, bytes(random, 5), mask);
  if (kind < 0.9) return bytes(random, 50);
  if (kind < 0.95) return clientFrame(BINARY, Buffer.alloc(0), mask);
  return tooLong(mask);
}

/** A frame beyond the server's limit: only its header and beginning, which must be enough for the server to refuse it. */
function tooLong(mask: Uint8Array): Buffer {
  const header = Buffer.alloc(10 + 4);
  header[0] = 0x80 | BINARY;
  header[1] = 0x80 | 127;
  header.writeBigUInt64BE(BigInt(TOO_LONG), 2);
  header.set(mask, 10);
  return Buffer.concat([header, Buffer.alloc(1000)]);
}

/** Valid messages of the native protocol that are not audio. */
export function nativeMessage(random: Random, mask: Uint8Array): Buffer {
  const message = pick(random, [
    { type: 'user_message', text: 'what is my balance' },
    { type: 'interrupt' },
    { type: 'dtmf', digit: '4' },
    { type: 'dtmf', digit: '#' },
    { type: 'playback', generation_id: 'gen_1', played_ms: 100 },
    { type: 'ping' },
  ]);
  return clientFrame(OPCODE.text, Buffer.from(JSON.stringify(message)), mask);
}

/** The digits of a Twilio caller. */
export function twilioDigit(random: Random, streamSid: string, mask: Uint8Array): Buffer {
  const dtmf = { track: 'inbound_track', digit: pick(random, ['1', '5', '#', '*']) };
  return clientFrame(OPCODE.text, Buffer.from(JSON.stringify({ event: 'dtmf', streamSid, dtmf })), mask);
}
