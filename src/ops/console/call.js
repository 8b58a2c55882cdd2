import { AudioRoute } from './audio-route.js';
import { closeReason, whyRefused } from './call-problem.js';
import { decode, encode } from './codec.js';
import { MicrophoneProblem, Sound } from './sound.js';
import { WayBack } from './way-back.js';

const REPORT_MS = 200;
/** What waits longer than this is better not sent: about two seconds of 16 kHz. */
const MAX_UNSENT_BYTES = 65_536;

/**
 * @typedef {object} CallSettings
 * @property {string} scenario
 * @property {string} agent empty: where the scenario starts
 * @property {import('./codec.js').Encoding} encoding
 * @property {number} sampleRate Hz, both ways
 * @property {boolean} microphone
 */

/**
 * @typedef {object} CallListener
 * @property {(event: any) => void} event a message of the server
 * @property {(text: string) => void} notice something the caller should know
 * @property {(who: 'caller' | 'agent', level: number) => void} level RMS, 0 to 1
 * @property {(hasMicrophone: boolean) => void} opened
 * @property {() => void} lost the connection broke; the call tries to come back
 * @property {() => void} back it has
 * @property {(problem: string | undefined) => void} closed undefined: it ended as it should
 */

/** One call to the server, from dialling to hanging up; a connection that breaks on the way is made again. */
export class Call {
  /** @param {import('./api.js').Api} api @param {CallSettings} settings @param {CallListener} listener */
  constructor(api, settings, listener) {
    this.api = api;
    this.settings = settings;
    this.listener = listener;
    this.route = new AudioRoute();
    this.muted = false;
    this.reportedAt = 0;
    this.reportedMs = -1;
    this.wayBack = new WayBack(api, {
      lost: () => this.onLost(),
      connect: () => this.connect(),
      gaveUp: (problem) => void this.finish(problem),
    });
  }

  get hasMicrophone() {
    return this.sound?.microphone !== undefined;
  }

  /** Asks for the microphone first, so that no slot of the server is held meanwhile. */
  async dial() {
    try {
      await this.openSound();
    } catch (error) {
      // Who hung up while the browser asked for the microphone has been told that the call is over.
      if (this.over) return this.sound?.close();
      if (!(error instanceof MicrophoneProblem))
        return this.finish(`The sound could not be opened (${error.message}).`);
      this.listener.notice(`${error.message} You can type instead.`);
    }
    if (this.over) return this.sound?.close();
    await this.connect();
  }

  async openSound() {
    const { sampleRate, microphone } = this.settings;
    this.sound = await Sound.open(sampleRate, (report) => this.onPlayback(report));
    if (!this.sound) throw new MicrophoneProblem('The browser allows sound only on https or localhost.');
    if (!microphone) return;
    await this.sound.listen(
      sampleRate,
      (frame) => this.onMicrophone(frame),
      () => this.listener.notice('The microphone was disconnected. You can type instead.'),
    );
  }

  async connect() {
    const { scenario, agent, encoding, sampleRate } = this.settings;
    const url = await this.api.socketUrl('voice/ws', {
      scenario,
      agent,
      encoding,
      sample_rate: String(sampleRate),
      resume: this.wayBack.lost ? this.resumeToken : '',
    });
    if (this.over) return this.finish(undefined);
    this.socket = new WebSocket(url);
    this.socket.binaryType = 'arraybuffer';
    this.socket.onopen = () => {
      if (this.opened) return;
      this.opened = true;
      this.listener.opened(this.hasMicrophone);
    };
    this.socket.onmessage = ({ data }) => (typeof data === 'string' ? this.onText(data) : this.onAudio(data));
    this.socket.onclose = ({ code }) => void this.onClose(code);
  }

  /** @param {string} text */
  say(text) {
    this.send({ type: 'user_message', text });
  }

  /** @param {string} digit 0-9 * # */
  press(digit) {
    this.send({ type: 'dtmf', digit });
  }

  interrupt() {
    this.send({ type: 'interrupt' });
  }

  /** @param {boolean} muted */
  mute(muted) {
    this.muted = muted;
    this.sound?.mute(muted);
  }

  /** The server answers with `session_ended` and closes. */
  hangUp() {
    this.over = true;
    if (this.wayBack.cancel() || !this.socket) void this.finish(undefined);
    else if (this.socket.readyState === WebSocket.OPEN) this.send({ type: 'end' });
    else if (this.socket.readyState === WebSocket.CONNECTING) this.socket.close();
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  onText(text) {
    let event;
    try {
      event = JSON.parse(text);
    } catch {
      return;
    }
    const action = this.route.apply(event);
    if (action === 'clear') this.sound?.clear();
    if (action === 'flush') this.sound?.flush();
    if (event.type === 'session_started') this.onStarted(event);
    if (event.type === 'session_ended') this.ended = !event.resumable;
    this.listener.event(event);
  }

  onStarted({ resume_token }) {
    this.resumeToken = resume_token ?? undefined;
    if (this.wayBack.arrived()) this.listener.back();
  }

  onAudio(bytes) {
    const stream = this.route.open;
    if (stream) this.sound?.play(stream.number, decode(this.settings.encoding, bytes));
  }

  onMicrophone({ pcm, level }) {
    this.listener.level('caller', level);
    if (this.socket?.readyState !== WebSocket.OPEN || this.socket.bufferedAmount > MAX_UNSENT_BYTES) return;
    this.socket.send(encode(this.settings.encoding, pcm));
  }

  /** @param {import('./sound.js').PlaybackReport} report */
  onPlayback({ level, stream, playedMs }) {
    this.listener.level('agent', level);
    const now = performance.now();
    const position = this.route.position(stream, playedMs);
    if (!position || now - this.reportedAt < REPORT_MS || position.played_ms === this.reportedMs) return;
    this.reportedAt = now;
    this.reportedMs = position.played_ms;
    this.send({ type: 'playback', ...position });
  }

  async onClose(code) {
    if (this.over || this.ended) return this.finish(undefined);
    if (!this.opened) return this.finish(await whyRefused(this.api));
    if (this.resumeToken === undefined || code === 1000) return this.finish(closeReason(code));
    await this.wayBack.begin(closeReason(code));
  }

  onLost() {
    this.route.lose();
    this.sound?.clear();
    this.listener.lost();
  }

  async finish(problem) {
    if (this.finished) return;
    this.finished = true;
    await this.sound?.close();
    this.listener.closed(problem);
  }
}
