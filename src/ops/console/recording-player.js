import { problemOf } from './api.js';
import { byId } from './dom.js';
import { formatBytes, formatClock } from './format.js';
import { sideChannels } from './lanes.js';

/** Plays what was recorded of a conversation: both sides, or one of them in both ears. */
export class RecordingPlayer {
  /**
   * @param {import('./api.js').Api} api @param {import('./kept-of.js').KeptOf} kept
   * @param {(seconds: number) => void} onTime where it is
   */
  constructor(api, kept, onTime) {
    this.api = api;
    this.kept = kept;
    this.onTime = onTime;
    this.audio = byId('player-audio');
    this.audio.addEventListener('timeupdate', () => onTime(this.audio.currentTime));
    this.audio.addEventListener('play', () => this.tick());
    this.audio.addEventListener('error', () => this.audio.src && this.say('It cannot be played.'));
    byId('player-load').addEventListener('click', () => void this.download());
    for (const choice of document.querySelectorAll('[name=player-side]'))
      choice.addEventListener('change', () => this.choose(choice.value));
  }

  get isReady() {
    return this.path !== undefined && this.audio.hasAttribute('src');
  }

  /** Looks whether there is a recording. @param {any} conversation */
  async open(conversation) {
    this.reset();
    const { id, kind, status, listened } = conversation;
    const opened = (this.opened = {});
    const answer = await this.api.get(this.kept.path(`conversations/${id}/recordings`));
    if (this.opened !== opened) return;
    const { recordings = [], duration_ms, gaps = [] } = answer.status === 200 ? answer.body : {};
    const problem = recordings.find((piece) => piece.problem)?.problem;
    this.isMissing = recordings.length === 0;
    if (status === 'in_progress') return this.explain('What is recorded can be heard when the call is over.');
    if (answer.status !== 200) return this.explain(problemOf(answer));
    if (this.isMissing) return this.explain('It was not recorded.');
    if (problem) return this.explain(`It was recorded, but cannot be heard: ${problem}.`);
    this.kind = kind;
    this.gaps = gaps.map(({ from_ms, to_ms }) => ({ start: from_ms / 1000, end: to_ms / 1000 }));
    this.path = this.kept.path(`conversations/${id}/recording.wav`);
    byId('player-sides').hidden = kind === 'listen' && listened?.channels !== 2;
    // An element sends no credential; with one, the file is fetched as a whole, when somebody wants it.
    if (this.api.token === '') return this.play(new URL(this.path, this.api.base).href);
    byId('player-load').hidden = false;
    byId('player-load-words').textContent = `Load the recording (${formatClock(duration_ms)})`;
  }

  explain(words) {
    byId('player-none').textContent = words;
    byId('player-none').hidden = false;
  }

  async download() {
    const { opened, path } = this;
    this.loading = new AbortController();
    byId('player-load').disabled = true;
    try {
      const blob = await this.api.download(path, this.loading.signal, (bytes) => this.say(formatBytes(bytes)));
      if (this.opened !== opened) return;
      this.address = URL.createObjectURL(blob);
      this.say('');
      this.play(this.address);
      this.audio.focus();
    } catch (error) {
      if (this.opened === opened) this.say(error.message);
    } finally {
      if (this.opened === opened) byId('player-load').disabled = false;
    }
  }

  play(address) {
    byId('player-load').hidden = true;
    byId('player').hidden = false;
    this.audio.src = address;
  }

  /** @param {number} seconds */
  seek(seconds) {
    if (!this.isReady) return;
    this.audio.currentTime = Math.max(0, seconds);
    void this.audio.play().catch(() => undefined);
  }

  /** Another one is shown, or none. */
  reset() {
    this.loading?.abort();
    this.opened = this.path = undefined;
    this.isMissing = false;
    /** Of the recording, in seconds. @type {{ start: number, end: number }[]} */
    this.gaps = [];
    this.audio.pause();
    this.audio.removeAttribute('src');
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = undefined;
    byId('player').hidden = byId('player-load').hidden = byId('player-none').hidden = true;
    byId('player-load').disabled = false;
    document.querySelector('[name=player-side][value=both]').checked = true;
    if (this.gains) this.choose('both');
    this.say('');
  }

  /** @param {'both' | 'agent' | 'customer'} side */
  choose(side) {
    this.gains ??= this.split();
    void this.context.resume();
    const matrix = sideChannels(side, this.kind);
    for (const [from, row] of this.gains.entries())
      for (const [to, gain] of row.entries()) gain.gain.value = matrix[from][to];
  }

  /** Made when somebody wants only one side: until then the element plays by itself. */
  split() {
    this.context = new AudioContext();
    const source = this.context.createMediaElementSource(this.audio);
    const splitter = new ChannelSplitterNode(this.context, { numberOfOutputs: 2 });
    const merger = new ChannelMergerNode(this.context, { numberOfInputs: 2 });
    source.connect(splitter);
    merger.connect(this.context.destination);
    return [0, 1].map((from) =>
      [0, 1].map((to) => {
        const gain = new GainNode(this.context);
        splitter.connect(gain, from);
        gain.connect(merger, 0, to);
        return gain;
      }),
    );
  }

  /** `timeupdate` comes four times a second only. */
  tick() {
    if (this.audio.paused) return;
    this.onTime(this.audio.currentTime);
    requestAnimationFrame(() => this.tick());
  }

  say(words) {
    byId('player-said').textContent = words;
  }
}
