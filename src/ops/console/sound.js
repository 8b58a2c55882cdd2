import { toFloat } from './codec.js';

/**
 * @typedef {object} PlaybackReport
 * @property {number} level RMS of what went to the loudspeaker, 0 to 1
 * @property {number} stream
 * @property {number} playedMs of that stream, as far as it has left the loudspeaker
 * @property {number} bufferedMs
 */

/** Why there is no microphone, in words for the person who wanted to use it. */
export class MicrophoneProblem extends Error {}

/** The sound of one call: microphone and loudspeaker, both through audio worklets. */
export class Sound {
  /** @param {AudioContext} context @param {AudioWorkletNode} player @param {(report: PlaybackReport) => void} onReport */
  constructor(context, player, onReport) {
    this.context = context;
    this.player = player;
    /** @type {MediaStream | undefined} */
    this.microphone = undefined;
    player.port.onmessage = ({ data }) => {
      const latencyMs = ((context.outputLatency || context.baseLatency || 0) * 1000) | 0;
      onReport({ ...data, playedMs: Math.max(0, data.playedMs - latencyMs) });
    };
  }

  /**
   * @param {number} callRate Hz
   * @param {(report: PlaybackReport) => void} onReport about every 50 ms
   * @returns {Promise<Sound | undefined>} undefined where the browser allows no worklets (pages without https)
   */
  static async open(callRate, onReport) {
    const context = new AudioContext({ latencyHint: 'interactive' });
    if (!context.audioWorklet) {
      await context.close();
      return undefined;
    }
    await Promise.all(
      ['capture-worklet.js', 'playback-worklet.js'].map((file) =>
        context.audioWorklet.addModule(new URL(file, import.meta.url)),
      ),
    );
    // Not awaited: without a click or key of the person it would never resolve.
    void context.resume();
    const player = new AudioWorkletNode(context, 'parley-playback', {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions: { callRate },
    });
    player.connect(context.destination);
    return new Sound(context, player, onReport);
  }

  /**
   * Begins to listen.
   * @param {number} callRate Hz
   * @param {(frame: { pcm: Int16Array, level: number }) => void} onFrame every 20 ms
   * @param {() => void} onLost the microphone was unplugged
   * @throws {MicrophoneProblem}
   */
  async listen(callRate, onFrame, onLost) {
    this.microphone = await askForInput(FOR_SPEECH);
    for (const track of this.microphone.getAudioTracks()) track.onended = onLost;
    const capture = new AudioWorkletNode(this.context, 'parley-capture', {
      outputChannelCount: [1],
      processorOptions: { callRate },
    });
    capture.port.onmessage = ({ data }) => onFrame(data);
    this.context.createMediaStreamSource(this.microphone).connect(capture);
    // The capture node's output is silence; a node that leads nowhere is not run by every browser.
    capture.connect(this.context.destination);
  }

  /** @param {boolean} muted a muted microphone gives silence, so that the call's clock goes on */
  mute(muted) {
    for (const track of this.microphone?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  /** @param {number} stream @param {Int16Array} pcm at the call's rate */
  play(stream, pcm) {
    const samples = toFloat(pcm);
    this.player.port.postMessage({ type: 'play', stream, samples }, [samples.buffer]);
  }

  /** No more is coming for now: plays what is there. */
  flush() {
    this.player.port.postMessage({ type: 'flush' });
  }

  /** Silence, now. */
  clear() {
    this.player.port.postMessage({ type: 'clear' });
  }

  async close() {
    for (const track of this.microphone?.getTracks() ?? []) track.stop();
    this.player.port.onmessage = null;
    if (this.context.state !== 'closed') await this.context.close();
  }
}

/** What a browser does to a microphone so that speech is clear, and the loudspeaker not heard in it. */
export const FOR_SPEECH = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/**
 * @param {MediaTrackConstraints} audio
 * @returns {Promise<MediaStream>}
 * @throws {MicrophoneProblem}
 */
export async function askForInput(audio) {
  if (!navigator.mediaDevices)
    throw new MicrophoneProblem('The browser gives the microphone only to pages on https or localhost.');
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    throw new MicrophoneProblem(microphoneProblems[error.name] ?? `The microphone cannot be used (${error.name}).`);
  }
}

const microphoneProblems = {
  NotAllowedError: 'The microphone was refused. Allow it in the site settings of your browser.',
  NotFoundError: 'No microphone was found.',
  OverconstrainedError: 'This input is not there any more.',
  NotReadableError: 'The microphone is in use by another program.',
};
