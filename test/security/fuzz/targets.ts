import { parseTraceParent } from '@opentelemetry/core';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { readKeys } from '../../../src/auth/api-keys.js';
import { readWav, writeWav } from '../../../src/audio/wav.js';
import { parseListenParameters } from '../../../src/listen/listen-parameters.js';
import { parseClientMessage as parseListenMessage } from '../../../src/listen/messages/client-messages.js';
import { rangeIn } from '../../../src/ops/byte-range.js';
import { decodeFromPusher, decodeToPusher, encodeFromPusher, encodeToPusher } from '../../../src/pusher/link/frames.js';
import { readWebhooks } from '../../../src/pusher/webhooks/webhook-file.js';
import { parseAcsMessage } from '../../../src/telephony/acs/acs-messages.js';
import { MediaScanner } from '../../../src/telephony/twilio/media-scanner.js';
import { parseTwilioMessage } from '../../../src/telephony/twilio/twilio-messages.js';
import { parseClientMessage } from '../../../src/voice/client-messages.js';
import { parseVoiceParameters } from '../../../src/voice/voice-parameters.js';
import { callbackTargets } from './callback-targets.js';
import { Finding, type FuzzTarget, SECRET, answered, bounded, clean, quotesNothing, read, refusing } from './rules.js';
import { serviceTargets } from './service-targets.js';

const payload = Buffer.alloc(160, 0x55).toString('base64');
const job = { jobId: 'process.c1.1', tenant: 'acme', conversationId: 'c1' };

/** @param folder for files */
export function fuzzTargets(folder: string): FuzzTarget[] {
  const file = path.join(folder, 'fuzzed.yaml');
  const scanner = new MediaScanner();
  return [
    {
      name: 'native messages',
      share: 4,
      seeds: [
        '{"type":"user_message","text":"what is my balance"}',
        '{"type":"dtmf","digit":"4"}',
        '{"type":"playback","generation_id":"gen_3","played_ms":1240}',
        '{"type":"ping"}',
      ],
      run: (input) => answered(parseClientMessage(input.toString('utf8')), input),
    },
    {
      name: 'native parameters',
      share: 4,
      seeds: ['encoding=mulaw&sample_rate=8000&agent=concierge&language=en-US', 'resume=abcdefghijklmnop1234&token=t'],
      run: (input) => read(parseVoiceParameters(new URLSearchParams(input.toString('utf8')))),
    },
    {
      name: 'listen messages',
      share: 4,
      seeds: [
        '{"type":"speaker_assigned","segment_ids":["a"],"speaker_id":1,"person_id":"p","person_name":"Ann"}',
        '{"type":"pause"}',
      ],
      run: (input) => answered(parseListenMessage(input.toString('utf8')), input),
    },
    {
      name: 'listen parameters',
      share: 4,
      seeds: [
        'language=en&sample_rate=16000&encoding=pcm16&channels=2&conversation_timeout=120&source=desk&consent=granted',
      ],
      run: (input) => read(parseListenParameters(new URLSearchParams(input.toString('utf8')), 120_000)),
    },
    {
      name: 'Twilio messages',
      share: 4,
      seeds: twilioSeeds,
      run: (input) => {
        const message = parseTwilioMessage(input.toString('utf8'));
        clean();
        if (message.event === 'unreadable') quotesNothing(message.problem, input);
        if (message.event === 'media') bounded(message.media.payload.length, input);
        return message.event !== 'unreadable' && message.event !== 'unknown';
      },
    },
    {
      name: 'Twilio media without a parser',
      share: 4,
      seeds: twilioSeeds,
      run: (input) => {
        const pcm = scanner.read(input);
        if (!pcm) return false;
        // Whatever it takes must be what the parser takes it for.
        const message = parseTwilioMessage(input.toString('utf8'));
        if (message.event !== 'media') throw new Finding('the parser does not take it for media');
        const { track, timestamp, payload: samples } = message.media;
        const same = samples.length === pcm.length && samples.every((sample, index) => sample === pcm[index]);
        if (!same) throw new Finding('the parser has other samples');
        if ((track === undefined || track === 'inbound') !== scanner.isInbound) throw new Finding('another track');
        if ((timestamp ?? -1) !== scanner.timestampMs) throw new Finding('another time');
        return true;
      },
    },
    {
      name: 'Azure Communication Services messages',
      share: 4,
      seeds: [
        '{"kind":"AudioMetadata","audioMetadata":{"subscriptionId":"s","encoding":"PCM","sampleRate":16000,"channels":1,"length":640}}',
        `{"kind":"AudioData","audioData":{"timestamp":"2026-01-01T00:00:00Z","data":"${payload}","silent":false}}`,
        '{"kind":"DtmfData","dtmfData":{"data":"star"}}',
      ],
      run: (input) => {
        const message = parseAcsMessage(input.toString('utf8'));
        clean();
        if (message.kind === 'unreadable') quotesNothing(message.problem, input);
        if (message.kind === 'audio') bounded(message.pcm.length, input);
        return message.kind !== 'unreadable' && message.kind !== 'unknown';
      },
    },
    {
      name: 'frames to the pusher',
      share: 4,
      seeds: [
        encodeToPusher({ type: 'heartbeat' }),
        encodeToPusher({ type: 'audio', startMs: 1_700_000_000_000, pcm: Buffer.alloc(640, 7) }),
        encodeToPusher({ type: 'conversation', conversationId: 'c1' }),
        encodeToPusher({ type: 'process', request: { ...job, generation: 1, language: 'en' } }),
        encodeToPusher({
          type: 'sample',
          jobId: job.jobId,
          request: { tenant: 'acme', conversationId: 'c1', segmentIds: ['s'], personId: 'p', personName: 'Ann' },
        }),
        encodeToPusher({ type: 'segments', conversationId: 'c1', segments: [] }),
      ],
      run: (input) =>
        refusing('invalid_message', input, () => {
          for (const channels of [1, 2] as const) decodeToPusher(input, channels);
        }),
    },
    {
      name: 'frames from the pusher',
      share: 4,
      seeds: [
        encodeFromPusher({ type: 'result', result: { ...job, outcome: 'processed', title: 'A call' } }),
        encodeFromPusher({ type: 'kept', conversationId: 'c1', untilMs: 1_700_000_000_000 }),
        encodeFromPusher({ type: 'accepted', jobId: job.jobId }),
        encodeFromPusher({ type: 'ready', audio: true, audioWindowBytes: 1_000_000, maxFrameBytes: 65_536 }),
      ],
      run: (input) => refusing('invalid_message', input, () => void decodeFromPusher(input)),
    },
    {
      name: 'WAV files',
      share: 4,
      seeds: [
        writeWav({ sampleRate: 8000, channels: [new Int16Array(40)] }),
        writeWav({ sampleRate: 48_000, channels: [new Int16Array(20), new Int16Array(20)] }),
      ],
      run: (input) =>
        refusing('invalid_parameter', input, () => {
          const { channels } = readWav(input);
          for (const samples of channels) bounded(samples.length, input);
        }),
    },
    {
      name: 'trace parents',
      share: 3,
      seeds: [
        '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        '01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-x',
      ],
      run: (input) => {
        const parent = parseTraceParent(input.toString('latin1'));
        if (parent && !/^[\da-f]{32}$/.test(parent.traceId)) throw new Finding('an id of something else');
        return parent !== null;
      },
    },
    {
      name: 'byte ranges',
      share: 3,
      seeds: ['bytes=0-99', 'bytes=-5', 'bytes=100-', 'bytes=0-0,5-6'],
      run: (input) => {
        const range = rangeIn(input.toString('latin1'), 1000);
        if (range === undefined || range === 'none') return false;
        const isWithin = range.start >= 0 && range.start < range.end && range.end <= 1000;
        if (!isWithin) throw new Finding(`not within the file: ${range.start} to ${range.end}`);
        return true;
      },
    },
    {
      name: 'files of API keys',
      share: 0.25,
      seeds: [
        JSON.stringify({ keys: [{ id: 'web', tenant: 'acme', role: 'caller', sha256: 'ab'.repeat(32) }] }),
        `keys:\n  - id: web\n    tenant: acme\n    role: caller\n    sha256: ${'ab'.repeat(32)}\n    expires: 2027-12-31T00:00:00Z\n`,
      ],
      run: (input) => {
        writeFileSync(file, input);
        return refusing('config_invalid', undefined, () => void readKeys(file));
      },
    },
    {
      name: 'files of webhooks',
      share: 0.25,
      seeds: [
        JSON.stringify({ endpoints: [{ name: 'crm', url: 'https://x.example.com', secrets: [`whsec_${SECRET}`] }] }),
        // A mark too many, and all of it is a key.
        `---\n{"endpoints":[{"name":"crm","secrets":["whsec_${SECRET}"]}]}:`,
        `endpoints:\n  - name: crm\n    url: https://crm.example.com/hook\n    secrets: ['whsec_${SECRET}']\n    tenants: [acme]\n    transcript: true\n`,
        "endpoints:\n  - { name: a, url: 'http://10.0.0.1/', secrets: ['${KEY}'], allow_private_network: true }\n",
      ],
      run: (input) => {
        writeFileSync(file, input);
        return refusing('config_invalid', undefined, () => void readWebhooks(file, '/', { KEY: `whsec_${SECRET}` }));
      },
    },
    ...callbackTargets(),
    ...serviceTargets(),
  ];
}

const twilioSeeds = [
  `{"event":"media","sequenceNumber":"4","media":{"track":"inbound","chunk":"2","timestamp":"5","payload":"${payload}"},"streamSid":"MZ1"}`,
  '{"event":"start","start":{"streamSid":"MZ1","accountSid":"AC1","callSid":"CA1","tracks":["inbound"],"customParameters":{"agent":"x"},"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}',
  '{"event":"mark","mark":{"name":"gen_1:200"}}',
  '{"event":"dtmf","dtmf":{"digit":"5"}}',
];
