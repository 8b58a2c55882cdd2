import { byId, element } from './dom.js';
import { formatClock } from './format.js';
import { channelsOf } from './listen-sound.js';

/** @typedef {'idle' | 'dialling' | 'live' | 'lost' | 'ending'} ListenState */
/** @typedef {'recording' | 'microphone' | 'microphone-recording' | 'microphone-input'} Origin what is listened to */

const stateWords = {
  idle: 'Not listening',
  dialling: 'Connecting …',
  live: 'Listening',
  lost: 'Connecting again …',
  ending: 'Ending …',
};
const hints = {
  recording: 'Left is our agent, right the customer. With one channel it is one line that all share.',
  microphone: 'One line that all share.',
  'microphone-recording': 'You are our agent; the recording is the customer. Use headphones.',
  'microphone-input': 'You are our agent; what comes in there is the customer.',
};
const TICK_MS = 250;

/** Buttons and settings of a session that listens: shows them as its state allows, and says what was pressed. */
export class ListenPanel {
  /**
   * @param {object} actions
   * @param {() => void} actions.start
   * @param {() => void} actions.end
   * @param {(paused: boolean) => void} actions.pause
   * @param {() => { atMs: number, ofMs: number } | undefined} actions.position of the recording that is played
   */
  constructor(actions) {
    this.actions = actions;
    /** @type {ListenState} */
    this.state = 'idle';
    this.paused = false;
    this.allowed = true;
    /** @type {File | undefined} */
    this.file = undefined;
    byId('listen-start').addEventListener('click', actions.start);
    byId('listen-end').addEventListener('click', actions.end);
    byId('listen-pause').addEventListener('click', () => this.togglePause());
    byId('listen-origin').addEventListener('change', () => this.showOrigin());
    byId('listen-file').addEventListener('change', () => this.take(byId('listen-file').files[0]));
    this.takeDropped(byId('listen-card'));
    this.show('idle');
    this.showOrigin();
  }

  /** @returns {{ origin: Origin, file: File | undefined, deviceId: string, aloud: boolean, language: string, consent: string }} */
  settings() {
    return {
      origin: byId('listen-origin').value,
      file: this.file,
      deviceId: byId('listen-input').value,
      aloud: byId('listen-aloud').checked,
      language: byId('listen-language').value.trim(),
      consent: byId('listen-consent').value,
    };
  }

  get needsFile() {
    return byId('listen-origin').value.endsWith('recording');
  }

  /** @param {ListenState} state */
  show(state) {
    const had = document.activeElement;
    const idle = state === 'idle';
    const ended = idle && this.state !== 'idle';
    if (!idle && this.state === 'idle') this.begin();
    if (ended) this.stop();
    this.state = state;
    byId('to-listen').toggleAttribute('data-busy', !idle);
    byId('listen-start').hidden = !idle;
    byId('listen-end').hidden = byId('listen-pause').hidden = idle;
    byId('listen-end').disabled = state === 'ending';
    byId('listen-pause').disabled = state !== 'live' && state !== 'lost';
    byId('listen-settings').disabled = !idle;
    byId('listen-time').hidden = idle;
    this.showState();
    // Who worked the keyboard on a button that has gone goes on at the one that took its place.
    if (had?.id === 'listen-start' && !idle) byId('listen-end').focus();
    if (ended && (had === document.body || had?.hidden || had?.disabled)) byId('listen-start').focus();
  }

  begin() {
    this.setPaused(false);
    this.startedAt = performance.now();
    this.timer = setInterval(() => this.showTime(), TICK_MS);
    this.settingsWereOpen = byId('listen-settings-fold').open;
    byId('listen-settings-fold').open = false;
    this.showTime();
  }

  stop() {
    clearInterval(this.timer);
    byId('listen-progress').hidden = true;
    byId('listen-settings-fold').open = this.settingsWereOpen;
    this.setPaused(false);
  }

  showTime() {
    byId('listen-time').textContent = formatClock(performance.now() - this.startedAt);
    const position = this.actions.position();
    byId('listen-progress').hidden = !position;
    if (!position) return;
    byId('listen-position').textContent = formatClock(position.atMs);
    byId('listen-length').textContent = formatClock(position.ofMs);
  }

  showState() {
    const paused = this.paused && this.state !== 'idle';
    document.body.dataset.listen = paused && this.state === 'live' ? 'paused' : this.state;
    byId('listen-state').textContent = paused && this.state === 'live' ? 'Paused' : stateWords[this.state];
    byId('listen-paused').hidden = !paused;
    this.ready();
  }

  togglePause() {
    if (byId('listen-pause').disabled || this.state === 'idle') return;
    this.setPaused(!this.paused);
    this.actions.pause(this.paused);
  }

  setPaused(paused) {
    this.paused = paused;
    byId('listen-pause').setAttribute('aria-pressed', String(paused));
    byId('listen-pause-words').textContent = paused ? 'Resume' : 'Pause';
    this.showState();
  }

  /** @param {boolean} allowed whether the server would listen to this page */
  allow(allowed) {
    this.allowed = allowed;
    this.ready();
  }

  ready() {
    byId('listen-start').disabled = !this.allowed || (this.needsFile && !this.file);
  }

  showOrigin() {
    const origin = byId('listen-origin').value;
    byId('listen-hint').textContent = hints[origin];
    byId('listen-file-field').hidden = byId('listen-aloud-field').hidden = !this.needsFile;
    byId('listen-input-field').hidden = origin !== 'microphone-input';
    if (origin === 'microphone-input') void this.listInputs();
    this.ready();
  }

  /** Browsers tell the names of inputs only once the microphone was allowed. */
  async listInputs() {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    const inputs = devices.filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== '');
    const options = inputs.map(({ deviceId, label }, i) =>
      element('option', { value: deviceId }, label || `Input ${i + 1}`),
    );
    const none = element('option', { value: '' }, 'Its names are known once the microphone was allowed');
    byId('listen-input').replaceChildren(...(options.length > 0 ? options : [none]));
  }

  /** @param {File | undefined} file */
  async take(file) {
    if (!file || this.state !== 'idle') return;
    this.file = file;
    byId('listen-file-name').textContent = file.name;
    this.ready();
    const channels = await channelsOf(file);
    const words = { 1: 'one channel', 2: 'two channels' }[channels];
    if (this.file === file && words) byId('listen-file-name').textContent = `${file.name} (${words})`;
  }

  takeDropped(card) {
    const mark = (on) => card.toggleAttribute('data-drop', on && this.state === 'idle');
    card.addEventListener('dragover', (event) => {
      event.preventDefault();
      mark(true);
    });
    card.addEventListener('dragleave', () => mark(false));
    card.addEventListener('drop', (event) => {
      event.preventDefault();
      mark(false);
      if (this.state !== 'idle' || event.dataTransfer.files.length === 0) return;
      if (!this.needsFile) byId('listen-origin').value = 'recording';
      this.showOrigin();
      void this.take(event.dataTransfer.files[0]);
    });
  }
}
