import { CallPanel } from './call-panel.js';
import { Call } from './call.js';
import { byId } from './dom.js';
import { LevelMeter } from './level-meter.js';
import { LevelStrip } from './level-strip.js';
import { TranscriptView } from './transcript-view.js';
import { Transcript } from './transcript.js';
import { WaterfallView } from './waterfall-view.js';

/** What the call is doing, as its events tell. */
const activities = {
  speech_started: 'You speak',
  speech_stopped: 'Thinking …',
  generation_started: 'Thinking …',
  audio_stream_start: 'Agent speaks',
  audio_clear: 'Listening',
  generation_complete: 'Listening',
};

/** The page to talk to an agent. */
export class CallView {
  /**
   * @param {import('./api.js').Api} api
   * @param {(problem: string) => void} say shows a problem above everything; empty: there is none
   * @param {() => void} onChange a call has begun or ended
   */
  constructor(api, say, onChange) {
    this.api = api;
    this.say = say;
    this.onChange = onChange;
    this.title = 'Call';
    this.region = 'transcript';
    this.panel = new CallPanel({
      start: (microphone) => this.start(microphone),
      hangUp: () => this.hangUp(),
      mute: (muted) => this.call?.mute(muted),
      interrupt: () => this.interrupt(),
      press: (digit) => this.press(digit),
    });
    this.conversation = new TranscriptView(byId('entries'), byId('transcript'), byId('announcements'));
    this.waterfall = new WaterfallView(byId('turns'), byId('axis'), byId('median'));
    this.meters = { caller: new LevelMeter(byId('caller-meter')), agent: new LevelMeter(byId('agent-meter')) };
    this.strip = new LevelStrip(byId('strip'));
    /** @type {Call | undefined} */
    this.call = undefined;
    /** @type {string | undefined} */
    this.sessionId = undefined;
    /** What each generation answers. @type {Map<string, string>} */
    this.turnLabels = new Map();
    this.startedAt = 0;
    byId('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      this.type(byId('message').value.trim());
    });
  }

  /** Keys that work while this view is shown, by their place. */
  get shortcuts() {
    return { KeyC: () => this.start(true), KeyH: () => this.hangUp(), KeyM: () => this.panel.toggleMute() };
  }

  start(microphone) {
    if (this.call || !this.panel.allowed) return;
    this.startedAt = performance.now();
    this.transcript = new Transcript(
      () => this.elapsed,
      (change, entry) => this.conversation.update(change, entry),
    );
    this.turnLabels = new Map();
    this.conversation.clear();
    this.waterfall.clear();
    this.say('');
    byId('empty').hidden = true;
    this.panel.show('dialling');
    this.panel.showDuration(0);
    this.call = new Call(
      this.api,
      { ...this.panel.settings(), microphone },
      {
        event: (event) => this.onEvent(event),
        notice: (text) => this.transcript.notice(text),
        level: (who, level) => this.onLevel(who, level),
        opened: (hasMicrophone) => this.onOpened(hasMicrophone),
        lost: () => this.onLost(),
        back: () => this.panel.show('live'),
        closed: (problem) => this.onClosed(problem),
      },
    );
    void this.call.dial();
  }

  hangUp() {
    if (!this.call || this.panel.state === 'ending') return;
    this.panel.show('ending');
    this.call.hangUp();
  }

  /** The page was left. */
  leave() {
    this.call?.hangUp();
  }

  interrupt() {
    if (this.panel.state === 'live') this.call.interrupt();
  }

  press(digit) {
    if (this.panel.state !== 'live') return;
    this.call.press(digit);
    this.transcript.keyed(digit);
  }

  /** @param {string} text */
  type(text) {
    if (text === '' || this.panel.state !== 'live') return;
    byId('message').value = '';
    this.transcript.typed(text);
    this.call.say(text);
  }

  get elapsed() {
    return performance.now() - this.startedAt;
  }

  onOpened(hasMicrophone) {
    this.startedAt = performance.now();
    this.clock = setInterval(() => this.panel.showDuration(this.elapsed), 250);
    this.strip.start();
    this.panel.goLive(hasMicrophone);
    if (!hasMicrophone)
      this.transcript.notice(
        'The agent does not notice typing until you send: it may ask whether you are still there.',
      );
    this.onChange();
  }

  onLost() {
    this.panel.show('lost');
    this.transcript.lose();
  }

  onClosed(problem) {
    clearInterval(this.clock);
    this.strip.stop();
    this.call = this.sessionId = undefined;
    for (const meter of Object.values(this.meters)) meter.reset();
    this.panel.show('idle');
    if (problem) {
      this.transcript.notice(problem);
      this.say(problem);
    }
    this.onChange();
  }

  onLevel(who, level) {
    // The worklets may still have reports on their way when the call is over.
    if (!this.call) return;
    this.meters[who].show(level);
    this.strip.note(who, level);
  }

  onEvent(event) {
    this.transcript.apply(event);
    if (activities[event.type]) this.panel.showActivity(activities[event.type]);
    switch (event.type) {
      case 'session_started':
        this.sessionId = event.session_id;
        return;
      case 'audio_clear':
        this.strip.cut();
        return;
      case 'generation_started':
        this.turnLabels.set(event.generation_id, this.labelOf(event.turn_id));
        return;
      case 'generation_complete':
        this.waterfall.add({ ...event, label: this.turnLabels.get(event.generation_id) ?? '' });
        return;
    }
  }

  labelOf(turnId) {
    return this.transcript.textOfTurn(turnId) ?? (this.turnLabels.size === 0 ? 'Greeting' : 'Unasked');
  }

  /** What calls can be made, once the server tells. */
  async offerScenarios() {
    if (this.offered) return;
    const { status, body } = await this.api.get('scenarios');
    if (status !== 200 || this.offered) return;
    this.offered = true;
    this.panel.offer(body.scenarios, body.default);
  }
}
