/**
 * LiveKit's agents-js on a plain WebSocket: one AgentSession per connection, no LiveKit server, no room. What it is given
 * here and why stands in bench/README.md.
 */
import { createServer } from 'node:http';
import { initializeLogger, voice } from '@livekit/agents';
import { type WebSocket, WebSocketServer } from 'ws';
import { ANSWER_WORDS, InstantLlm } from './stub-llm.ts';
import { EnergyStt, EnergyVad, ToneTts } from './stub-speech.ts';
import { TwilioInput, TwilioOutput } from './twilio-io.ts';

const speechRate = Number(process.env.SPEECH_RATE ?? 8000);
const answerMs = Number(process.env.ANSWER_MS ?? 8000);

initializeLogger({ pretty: false, level: 'error' });

const http = createServer((_, response) => response.end('ok'));
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
sockets.on('connection', (socket) => serve(socket));
process.on('SIGTERM', () => process.exit(0));
http.listen(Number(process.env.PORT), '127.0.0.1');

interface TwilioMessage {
  readonly event: string;
  readonly streamSid?: string;
  readonly media?: { readonly payload: string };
}

function serve(socket: WebSocket): void {
  let input: TwilioInput | null = null;
  let stop = (): void => undefined;
  socket.on('error', () => socket.terminate());
  socket.on('close', () => stop());
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as TwilioMessage;
    if (message.event === 'media') input?.push(Buffer.from(message.media!.payload, 'base64'));
    else if (message.event === 'start') {
      input = new TwilioInput();
      const output = new TwilioOutput(socket, message.streamSid!);
      const session = answer(input, output);
      stop = () => {
        output.stop();
        void session.close();
      };
    }
  });
}

function answer(input: TwilioInput, output: TwilioOutput): voice.AgentSession {
  const vad = new EnergyVad();
  const session = new voice.AgentSession({
    vad,
    stt: new EnergyStt(speechRate, vad),
    llm: new InstantLlm(),
    tts: new ToneTts(speechRate, answerMs / ANSWER_WORDS),
    turnHandling: {
      // Nothing is waited for after the detector's 40 ms, and no model is asked whether the turn is over.
      turnDetection: 'vad',
      endpointing: { mode: 'fixed', minDelay: 0, maxDelay: 0 },
      interruption: { enabled: true, mode: 'vad', minDuration: 40 },
    },
    // By default nobody can interrupt in the first three seconds.
    aecWarmupDuration: null,
    userAwayTimeout: null,
  });
  session.input.audio = input;
  session.output.audio = output;
  void session.start({ agent: new voice.Agent({ instructions: 'You are a bank.' }), record: false });
  return session;
}
