import { byId, element, spoken } from './dom.js';
import { formatClock, readable } from './format.js';

/** @typedef {'idle' | 'dialling' | 'live' | 'lost' | 'ending'} CallState */

const stateWords = {
  idle: 'No call',
  dialling: 'Connecting …',
  live: 'In call',
  lost: 'Connecting again …',
  ending: 'Ending …',
};
const KEYPAD = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const keyNames = { '*': 'star', '#': 'hash' };

/** Buttons, settings and keypad of the call: shows them as the call's state allows, and says what was pressed. */
export class CallPanel {
  /**
   * @param {object} actions
   * @param {(microphone: boolean) => void} actions.start
   * @param {() => void} actions.hangUp
   * @param {(muted: boolean) => void} actions.mute
   * @param {() => void} actions.interrupt
   * @param {(digit: string) => void} actions.press
   */
  constructor(actions) {
    this.actions = actions;
    /** @type {CallState} */
    this.state = 'idle';
    this.muted = false;
    this.hasMicrophone = false;
    /** Whether the server would take a call from this page. */
    this.allowed = true;
    this.scenarios = [];
    byId('start').addEventListener('click', () => actions.start(true));
    byId('start-silent').addEventListener('click', () => actions.start(false));
    byId('hang-up').addEventListener('click', actions.hangUp);
    byId('mute').addEventListener('click', () => this.toggleMute());
    byId('interrupt').addEventListener('click', actions.interrupt);
    byId('scenario').addEventListener('change', () => this.listAgents());
    byId('keys').append(...KEYPAD.map((key) => this.makeKey(key)));
    this.show('idle');
  }

  makeKey(digit) {
    const name = keyNames[digit];
    const key = element(
      'button',
      { type: 'button', class: 'key' },
      name ? element('span', { 'aria-hidden': 'true' }, digit) : digit,
      name && spoken(name),
    );
    key.addEventListener('click', () => this.actions.press(digit));
    return key;
  }

  /**
   * @param {{ name: string, description: string, start: string, agents: string[] }[]} scenarios
   * @param {string} preselected name of one of them
   */
  offer(scenarios, preselected) {
    this.scenarios = scenarios;
    byId('scenario').replaceChildren(
      ...scenarios.map(({ name }) => element('option', { value: name }, readable(name))),
    );
    byId('scenario').value = preselected;
    this.listAgents();
  }

  listAgents() {
    const scenario = this.scenarios.find(({ name }) => name === byId('scenario').value);
    const { agents = [], start = '', description = '' } = scenario ?? {};
    const first = element('option', { value: '' }, start ? `${readable(start)} (first)` : 'Default');
    const others = agents.filter((name) => name !== start);
    byId('agent').replaceChildren(first, ...others.map((name) => element('option', { value: name }, readable(name))));
    byId('scenario-description').textContent = description;
  }

  /** @returns {Omit<import('./call.js').CallSettings, 'microphone'>} */
  settings() {
    return {
      scenario: byId('scenario').value,
      agent: byId('agent').value,
      encoding: byId('encoding').value,
      sampleRate: Number(byId('sample-rate').value),
    };
  }

  /** @param {CallState} state */
  show(state) {
    const had = document.activeElement;
    const idle = state === 'idle';
    const ended = idle && this.state !== 'idle';
    if (!idle && this.state === 'idle') this.foldSettings();
    if (ended) byId('settings-fold').open = this.settingsWereOpen;
    this.state = state;
    const live = state === 'live';
    document.body.dataset.call = state;
    byId('to-call').toggleAttribute('data-busy', !idle);
    byId('call-state').textContent = stateWords[state];
    byId('call-time').hidden = idle;
    byId('start').hidden = byId('start-silent').hidden = !idle;
    byId('hang-up').hidden = byId('mute').hidden = byId('interrupt').hidden = idle;
    byId('hang-up').disabled = state === 'ending';
    byId('mute').disabled = !live || !this.hasMicrophone;
    byId('interrupt').disabled = !live;
    byId('settings').disabled = !idle;
    for (const control of [...byId('keys').children, byId('send')]) control.disabled = !live;
    // Open from the first moment, so that it can take the focus of the button that began the call.
    byId('message').disabled = !live && state !== 'dialling' && state !== 'lost';
    // Who worked the keyboard on a button that has gone goes on at the one that took its place.
    if (had?.id === 'start') byId('hang-up').focus();
    if (had?.id === 'start-silent') byId('message').focus();
    // A control that was disabled or hidden has lost the focus to the page, or is about to.
    if (ended && (had === document.body || had?.disabled || had?.hidden)) byId('start').focus();
  }

  /** Leaves the height to the keypad. */
  foldSettings() {
    this.settingsWereOpen = byId('settings-fold').open;
    byId('settings-fold').open = false;
  }

  /** @param {boolean} allowed whether calls can be started */
  allow(allowed) {
    this.allowed = allowed;
    byId('start').disabled = byId('start-silent').disabled = !allowed;
  }

  /** @param {boolean} hasMicrophone */
  goLive(hasMicrophone) {
    this.hasMicrophone = hasMicrophone;
    this.setMuted(false);
    byId('caller-meter').toggleAttribute('data-off', !hasMicrophone);
    this.show('live');
  }

  toggleMute() {
    if (this.state !== 'live' || !this.hasMicrophone) return;
    this.setMuted(!this.muted);
    this.actions.mute(this.muted);
  }

  setMuted(muted) {
    this.muted = muted;
    byId('mute').setAttribute('aria-pressed', String(muted));
  }

  /** @param {number} ms */
  showDuration(ms) {
    byId('call-time').textContent = formatClock(ms);
  }

  /** Who has the floor. @param {string} words */
  showActivity(words) {
    if (this.state === 'live') byId('call-state').textContent = words;
  }
}
