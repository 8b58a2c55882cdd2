import { rms, toPcm16 } from './codec.js';
import { Resampler } from './resampler.js';

const FRAMES_PER_SECOND = 50;

/** On the audio thread: takes the microphone to the call's rate and posts it in frames of 20 ms, with their level. */
class CaptureProcessor extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.resampler = new Resampler(sampleRate, processorOptions.callRate);
    this.frame = new Float32Array(processorOptions.callRate / FRAMES_PER_SECOND);
    this.filled = 0;
  }

  process([input]) {
    if (!input?.[0]) return true;
    for (const sample of this.resampler.process(mono(input))) {
      this.frame[this.filled++] = sample;
      if (this.filled < this.frame.length) continue;
      const pcm = toPcm16(this.frame);
      this.port.postMessage({ pcm, level: rms(this.frame) }, [pcm.buffer]);
      this.filled = 0;
    }
    return true;
  }
}

function mono(channels) {
  if (channels.length === 1) return channels[0];
  return channels[0].map((_, i) => channels.reduce((sum, channel) => sum + channel[i], 0) / channels.length);
}

registerProcessor('parley-capture', CaptureProcessor);
