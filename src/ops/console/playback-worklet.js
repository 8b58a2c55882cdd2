import { rms } from './codec.js';
import { PlaybackBuffer } from './playback-buffer.js';
import { Resampler } from './resampler.js';

const CAPACITY_SECONDS = 10;
const PREFILL_SECONDS = 0.06;
const REPORTS_PER_SECOND = 20;

/** On the audio thread: plays what the page posts, drops it at once on `clear`, and tells level and position. */
class PlaybackProcessor extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.buffer = new PlaybackBuffer(CAPACITY_SECONDS * sampleRate, PREFILL_SECONDS * sampleRate);
    this.callRate = processorOptions.callRate;
    this.resampler = new Resampler(this.callRate, sampleRate);
    this.level = 0;
    this.untilReport = 0;
    this.port.onmessage = ({ data }) => this.receive(data);
  }

  /** @param {{ type: 'play', stream: number, samples: Float32Array } | { type: 'flush' } | { type: 'clear' }} message */
  receive(message) {
    if (message.type === 'play') this.buffer.push(message.stream, this.resampler.process(message.samples));
    if (message.type === 'flush') this.buffer.flush();
    if (message.type === 'clear') {
      this.buffer.clear();
      this.resampler = new Resampler(this.callRate, sampleRate);
    }
  }

  process(_inputs, [output]) {
    const [first, ...others] = output;
    this.buffer.pull(first);
    for (const channel of others) channel.set(first);
    this.level = Math.max(this.level, rms(first));
    this.untilReport -= first.length;
    if (this.untilReport <= 0) this.report();
    return true;
  }

  report() {
    const { stream, playedSamples, length } = this.buffer;
    this.port.postMessage({
      level: this.level,
      stream,
      playedMs: (playedSamples * 1000) / sampleRate,
      bufferedMs: (length * 1000) / sampleRate,
    });
    this.level = 0;
    this.untilReport += sampleRate / REPORTS_PER_SECOND;
  }
}

registerProcessor('parley-playback', PlaybackProcessor);
