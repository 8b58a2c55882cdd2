import { FOR_SPEECH, MicrophoneProblem, askForInput } from './sound.js';

/** A recording that has ended is listened to for so long, as if the line were still open. */
const AFTER_RECORDING_MS = 1500;

/** @typedef {{ leg: number, pcm: Int16Array, level: number }} Frame 20 ms of a leg; level is RMS, 0 to 1 */

/**
 * The sound of a session: each leg is a capture worklet, into which a microphone or a side of a recording plays, in real
 * time. All legs share one clock; a leg into which nothing plays is silent.
 */
export class ListenSound {
  /** @param {AudioContext} context @param {AudioWorkletNode[]} legs */
  constructor(context, legs) {
    this.context = context;
    this.legs = legs;
    /** @type {MediaStream[]} */
    this.inputs = [];
  }

  /**
   * @param {number} legs 1 or 2 @param {number} rate Hz of the frames
   * @param {(frame: Frame) => void} onFrame
   * @returns {Promise<ListenSound>} rejects with a MicrophoneProblem where the browser allows no worklets
   */
  static async open(legs, rate, onFrame) {
    const context = new AudioContext();
    if (!context.audioWorklet) {
      await context.close();
      throw new MicrophoneProblem('The browser allows sound only on https or localhost.');
    }
    await context.audioWorklet.addModule(new URL('capture-worklet.js', import.meta.url));
    // Not awaited: without a click or key of the person it would never resolve.
    void context.resume();
    const silence = new ConstantSourceNode(context, { offset: 0 });
    silence.start();
    const nodes = Array.from({ length: legs }, (_, i) => {
      const node = new AudioWorkletNode(context, 'parley-capture', {
        outputChannelCount: [1],
        processorOptions: { callRate: rate },
      });
      node.port.onmessage = ({ data }) => onFrame({ leg: i + 1, ...data });
      // Without it a worklet into which nothing plays posts no frames.
      silence.connect(node);
      // The node's output is silence; a node that leads nowhere is not run by every browser.
      return (node.connect(context.destination), node);
    });
    return new ListenSound(context, nodes);
  }

  /**
   * @param {number} leg from 1 @param {string} deviceId empty: the usual microphone
   * @param {() => void} onLost it was unplugged
   */
  async useInput(leg, deviceId, onLost) {
    // Another input is a line, not a person before a loudspeaker: it is taken as it is.
    const line = { deviceId: { exact: deviceId }, echoCancellation: false, noiseSuppression: false };
    const stream = await askForInput(deviceId ? line : FOR_SPEECH);
    if (this.closed) return stop(stream);
    this.inputs.push(stream);
    for (const track of stream.getAudioTracks()) track.onended = onLost;
    this.context.createMediaStreamSource(stream).connect(this.legs[leg - 1]);
  }

  /**
   * Plays a recording into the legs: both sides of it into two, or everything into one.
   * @param {File} file @param {number[]} legs from 1, in the order of the recording's channels
   * @param {boolean} aloud whether it is heard as well
   * @param {() => void} onEnded a little after its end
   */
  async useRecording(file, legs, aloud, onEnded) {
    this.recording = new Audio();
    this.address = URL.createObjectURL(file);
    this.recording.src = this.address;
    this.recording.onended = () => (this.ending = setTimeout(onEnded, AFTER_RECORDING_MS));
    const source = this.context.createMediaElementSource(this.recording);
    if (aloud) source.connect(this.context.destination);
    if (legs.length === 1) source.connect(this.legs[legs[0] - 1]);
    else {
      const splitter = new ChannelSplitterNode(this.context, { numberOfOutputs: legs.length });
      source.connect(splitter);
      for (const [channel, leg] of legs.entries()) splitter.connect(this.legs[leg - 1], channel);
    }
    try {
      await this.recording.play();
    } catch (error) {
      if (!this.closed) throw new MicrophoneProblem(`“${file.name}” cannot be played (${error.name}).`);
    }
  }

  /** How far the recording is, ms; undefined without one. */
  get position() {
    if (!this.recording?.duration) return undefined;
    return { atMs: this.recording.currentTime * 1000, ofMs: this.recording.duration * 1000 };
  }

  async close() {
    this.closed = true;
    clearTimeout(this.ending);
    for (const node of this.legs) node.port.onmessage = null;
    for (const stream of this.inputs) stop(stream);
    this.recording?.pause();
    if (this.address) URL.revokeObjectURL(this.address);
    if (this.context.state !== 'closed') await this.context.close();
  }
}

/**
 * How many channels a WAV file has; undefined for files of another kind.
 * @param {Blob} file
 */
export async function channelsOf(file) {
  const head = new DataView(await file.slice(0, 4096).arrayBuffer());
  const tag = (at) => (at + 4 <= head.byteLength ? String.fromCharCode(...new Uint8Array(head.buffer, at, 4)) : '');
  if (tag(0) !== 'RIFF' || tag(8) !== 'WAVE') return undefined;
  for (let at = 12; at + 12 <= head.byteLength; at += 8 + head.getUint32(at + 4, true)) {
    if (tag(at) === 'fmt ') return head.getUint16(at + 10, true);
  }
  return undefined;
}

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}
