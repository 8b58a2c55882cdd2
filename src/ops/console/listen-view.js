import { byId } from './dom.js';
import { LevelMeter } from './level-meter.js';
import { LevelStrip } from './level-strip.js';
import { ListenConnection } from './listen-connection.js';
import { ListenLines } from './listen-lines.js';
import { ListenPanel } from './listen-panel.js';
import { ListenSessionCard } from './listen-session-card.js';
import { ListenSound, channelsOf } from './listen-sound.js';
import { ListenTranscript } from './listen-transcript.js';
import { speakerName } from './segment-rows.js';
import { MicrophoneProblem } from './sound.js';
import { askWho } from './speaker-dialog.js';

const RATE = 16_000;
/** The longest that is looked for what came of a conversation, once the session is over. */
const OUTCOME_MS = 120_000;
const LOOK_AGAIN_MS = 1000;

/** The page that listens to a call of others. */
export class ListenView {
  /**
   * @param {import('./api.js').Api} api
   * @param {(problem: string) => void} say shows a problem above everything; empty: there is none
   * @param {() => void} onChange a session has begun or ended
   */
  constructor(api, say, onChange) {
    this.api = api;
    this.say = say;
    this.onChange = onChange;
    this.title = 'Listen';
    this.region = 'heard';
    this.panel = new ListenPanel({
      start: () => void this.start(),
      end: () => this.end(),
      pause: (paused) => this.pause(paused),
      position: () => this.sound?.position,
    });
    this.lines = new ListenLines(
      byId('heard-entries'),
      byId('heard'),
      byId('heard-announcements'),
      (segment) => void this.nameSpeaker(segment),
    );
    this.card = new ListenSessionCard((suggestion, isRight) => this.answer(suggestion, isRight));
    this.meters = [new LevelMeter(byId('listen-meter-1')), new LevelMeter(byId('listen-meter-2'))];
    this.strip = new LevelStrip(byId('listen-strip'));
  }

  /** Keys that work while this view is shown, by their place. */
  get shortcuts() {
    return {
      KeyC: () => byId('listen-start').disabled || void this.start(),
      KeyH: () => this.end(),
      KeyP: () => this.panel.togglePause(),
    };
  }

  async start() {
    if (this.panel.state !== 'idle') return;
    const session = (this.session = {});
    const settings = this.panel.settings();
    this.panel.show('dialling');
    this.say('');
    this.card.reset();
    byId('heard-empty').hidden = true;
    this.channels = 1;
    const transcript = new ListenTranscript(
      (change, line) => this.lines.update(change, line),
      () => this.card.show(transcript, this.channels),
    );
    this.transcript = transcript;
    this.lines.follow(transcript);
    try {
      this.lines.channels = this.channels = await channelsFor(settings);
      this.showLegs();
      void this.introduce(transcript);
      const sound = await ListenSound.open(this.channels, RATE, (frame) => this.onFrame(frame));
      // Who ended it meanwhile has been told so.
      if (this.session !== session) return void sound.close();
      this.sound = sound;
      await this.openInputs(settings);
    } catch (error) {
      const known = error instanceof MicrophoneProblem;
      if (this.session === session)
        this.onClosed(known ? error.message : `The sound could not be opened (${error.message}).`);
      return;
    }
    if (this.session === session) this.connect(settings);
  }

  /** Microphones first, so that no slot of the server is held while the browser asks for them. */
  async openInputs({ origin, deviceId }) {
    const onLost = () => this.transcript.notice('The microphone was disconnected.');
    if (origin.startsWith('microphone')) await this.sound.useInput(1, '', onLost);
    if (origin === 'microphone-input') {
      if (deviceId === '') throw new MicrophoneProblem('No other input is chosen.');
      await this.sound.useInput(2, deviceId, onLost);
    }
  }

  connect(settings) {
    const { language, consent } = settings;
    const parameters = { channels: String(this.channels), sample_rate: String(RATE), language, consent };
    this.connection = new ListenConnection(this.api, parameters, {
      message: (message) => this.onMessage(message),
      opened: () => this.onOpened(settings),
      lost: () => {
        this.panel.show('lost');
        this.transcript.notice('The connection was lost. Connecting again …');
      },
      back: () => {
        this.panel.show('live');
        this.transcript.notice('Connected again.');
      },
      closed: (problem) => this.onClosed(problem),
    });
    void this.connection.connect();
  }

  onOpened({ origin, file, aloud }) {
    this.panel.show('live');
    this.strip.start();
    this.onChange();
    // A recording can wait until somebody listens; what is said into a microphone cannot.
    if (origin.endsWith('recording')) this.onReady = () => void this.play(origin, file, aloud);
  }

  /** @param {import('./listen-panel.js').Origin} origin @param {File} file @param {boolean} aloud */
  async play(origin, file, aloud) {
    const legs = origin === 'recording' ? Array.from({ length: this.channels }, (_, i) => i + 1) : [2];
    // Somebody with a microphone may go on when the recording has ended.
    const onEnded = () => (origin === 'recording' ? this.end() : this.transcript.notice('The recording has ended.'));
    try {
      await this.sound.useRecording(file, legs, aloud, onEnded);
    } catch (error) {
      this.transcript.notice(error.message);
      this.say(error.message);
      this.end();
    }
  }

  end() {
    if (this.panel.state === 'idle' || this.panel.state === 'ending') return;
    // Nothing was dialled yet: the browser may still be asking for the microphone.
    if (!this.connection) return this.onClosed(undefined);
    this.panel.show('ending');
    this.connection.end();
  }

  /** The page was left. */
  leave() {
    this.connection?.end();
  }

  pause(paused) {
    this.connection?.pause(paused);
    if (paused) for (const meter of this.meters) meter.reset();
  }

  /** @param {import('./listen-sound.js').Frame} frame */
  onFrame({ leg, pcm, level }) {
    if (this.panel.state === 'idle' || this.panel.paused) return;
    this.meters[leg - 1].show(level);
    this.strip.note(leg === 1 ? 'agent' : 'caller', level);
    this.connection?.sendAudio(leg, pcm);
  }

  onMessage(message) {
    this.transcript.apply(message);
    if (message.type !== 'service_status') return;
    this.card.service(message);
    if (message.status === 'ready') {
      this.onReady?.();
      this.onReady = undefined;
    }
    if (message.status === 'paused' || message.status === 'resumed') this.onPauseTold(message.status === 'paused');
  }

  /** An operator may pause the session as well; what answers this page is known already. */
  onPauseTold(paused) {
    if (this.connection.awaitsPause()) return;
    this.connection.paused = paused;
    this.panel.setPaused(paused);
  }

  onClosed(problem) {
    const { transcript, connection } = this;
    this.session = this.connection = this.onReady = undefined;
    this.strip.stop();
    for (const meter of this.meters) meter.reset();
    void this.sound?.close();
    this.sound = undefined;
    this.panel.show('idle');
    this.card.tell('recognition', 'The session is over', false);
    if (problem) {
      transcript.notice(problem);
      this.say(problem);
    }
    if (connection) void this.lookForOutcomes(transcript);
    this.onChange();
  }

  /** The server tells what came of a conversation only while it is connected. @param {ListenTranscript} transcript */
  async lookForOutcomes(transcript) {
    const giveUpAt = performance.now() + OUTCOME_MS;
    const isOpen = ({ id, status }) => id !== '' && ['in_progress', 'processing'].includes(status);
    while (performance.now() < giveUpAt && transcript === this.transcript) {
      const open = transcript.conversations.filter(isOpen);
      if (open.length === 0) return;
      for (const { id } of open) {
        const { status, body } = await this.api.get(`conversations/${id}`);
        // Not everybody may see conversations.
        if (status === 401 || status === 403) return;
        if (status === 404) transcript.learn(id, { status: 'discarded' });
        const { status: now, insights } = body ?? {};
        if (status === 200 && now !== 'in_progress')
          transcript.learn(id, { status: now, title: insights?.title ?? '', overview: insights?.overview ?? '' });
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** Those whose voices are known, to whoever may see them. @param {ListenTranscript} transcript */
  async introduce(transcript) {
    const { status, body } = await this.api.get('people');
    if (status !== 200) return;
    // Those who are `user:…` are known in sessions of their own only.
    const others = body.people.filter(
      ({ person_id }) => !person_id.startsWith('user:') && !transcript.people.has(person_id),
    );
    for (const { person_id, name } of others) transcript.name(person_id, name);
  }

  async nameSpeaker(segment) {
    const { transcript, channels } = this;
    const name = speakerName(segment, channels, transcript.people.get(segment.person_id));
    const who = await askWho(name, segment.text, transcript.people);
    if (!who || !this.connection || transcript !== this.transcript) return;
    this.assign(segment.speaker_id, who, who.onlyThis ? [segment.id] : transcript.saidBy(segment.speaker_id));
  }

  answer(suggestion, isRight) {
    const { speakerId, personId, name } = suggestion;
    if (isRight) this.assign(speakerId, { personId, name }, this.transcript.saidBy(speakerId));
    this.transcript.answered(suggestion);
    byId('heard').focus();
  }

  assign(speakerId, { personId, name }, segmentIds) {
    this.transcript.name(personId, name);
    this.connection?.send({
      type: 'speaker_assigned',
      // As many as a message may have; the newest teach best.
      segment_ids: segmentIds.slice(-200),
      speaker_id: speakerId,
      person_id: personId,
      person_name: name,
    });
  }

  showLegs() {
    const two = this.channels === 2;
    byId('listen-level-1').textContent = two ? 'Agent' : 'Line';
    byId('listen-level-2').hidden = byId('listen-meter-2').hidden = !two;
  }
}

/** How many lines there are. @param {ReturnType<ListenPanel['settings']>} settings */
async function channelsFor({ origin, file }) {
  if (origin === 'microphone') return 1;
  if (origin !== 'recording') return 2;
  return (await channelsOf(file)) === 1 ? 1 : 2;
}
