import sherpa, { type OnlineRecognizer, type OnlineRecognizerConfig, type OnlineStream } from 'sherpa-onnx-node';
import { NativeGarbage } from './native-garbage.js';
import type { LoadedModel, RecogniserAnswer, RecogniserRequest } from './messages.js';

/** The last words are decoded when this has followed them. */
const TAIL_MS = 600;

interface Utterance {
  readonly stream: OnlineStream;
  text: string;
  ended: boolean;
}

/** Follows all utterances together: a step takes one chunk of each that has one. */
export function serveRecogniser(
  config: OnlineRecognizerConfig,
  sampleRate: number,
  send: (answer: RecogniserAnswer) => void,
): { readonly handle: (request: RecogniserRequest) => void; readonly loaded: LoadedModel } {
  const recogniser = new sherpa.OnlineRecognizer(config);
  tryOut(recogniser, sampleRate);
  const utterances = new Map<number, Utterance>();
  const garbage = new NativeGarbage();
  const tail = new Float32Array((TAIL_MS * sampleRate) / 1000);
  let sequence = 0;
  let scheduled = false;

  // Between two steps, what has come in meanwhile is read.
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(step);
  };

  const step = (): void => {
    scheduled = false;
    const known = sequence;
    const waiting = [...utterances.values()].filter(({ stream }) => recogniser.isReady(stream));
    if (waiting.length > 0) recogniser.decodeStreams(waiting.map(({ stream }) => stream));
    const partials: { utterance: number; text: string }[] = [];
    const finals: { utterance: number; result: ReturnType<OnlineRecognizer['getResult']> }[] = [];
    for (const [utterance, heard] of utterances) {
      const isBehind = recogniser.isReady(heard.stream);
      if (isBehind) schedule();
      if (heard.ended && !isBehind) {
        finals.push({ utterance, result: recogniser.getResult(heard.stream) });
        utterances.delete(utterance);
        garbage.drop();
      } else if (waiting.includes(heard)) {
        const { text } = recogniser.getResult(heard.stream);
        if (text !== heard.text) partials.push({ utterance, text });
        heard.text = text;
      }
    }
    send({ sequence: known, partials, finals });
  };

  const handle = (request: RecogniserRequest): void => {
    if (request.kind === 'cancel') {
      if (utterances.delete(request.utterance)) garbage.drop();
      return;
    }
    sequence = request.sequence;
    let utterance = utterances.get(request.utterance);
    if (!utterance) {
      utterance = { stream: recogniser.createStream(), text: '', ended: false };
      utterances.set(request.utterance, utterance);
    }
    if (request.pcm.length > 0) utterance.stream.acceptWaveform({ samples: toFloats(request.pcm), sampleRate });
    if (request.end) {
      utterance.ended = true;
      utterance.stream.acceptWaveform({ samples: tail, sampleRate });
      utterance.stream.inputFinished();
    }
    schedule();
  };
  return { handle, loaded: { sampleRate } };
}

/** Some models load and then fail at the first sound; it also compiles what is compiled lazily. */
function tryOut(recogniser: OnlineRecognizer, sampleRate: number): void {
  const stream = recogniser.createStream();
  const noise = Float32Array.from({ length: sampleRate }, (_, i) => 0.01 * Math.sin(i * i));
  stream.acceptWaveform({ samples: noise, sampleRate });
  stream.inputFinished();
  while (recogniser.isReady(stream)) recogniser.decodeStreams([stream]);
  recogniser.getResult(stream);
}

export function toFloats(pcm: Int16Array): Float32Array {
  return Float32Array.from(pcm, (sample) => sample / 32_768);
}
