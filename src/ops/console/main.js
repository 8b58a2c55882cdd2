import { Api } from './api.js';
import { CallPanel } from './call-panel.js';
import { Call } from './call.js';
import { byId } from './dom.js';
import { LevelMeter } from './level-meter.js';
import { LevelStrip } from './level-strip.js';
import { showServer } from './server-view.js';
import { ServerWatch } from './server-watch.js';
import { TranscriptView } from './transcript-view.js';
import { Transcript } from './transcript.js';
import { WaterfallView } from './waterfall-view.js';

const api = new Api();
const panel = new CallPanel({ start, hangUp, mute: (muted) => call?.mute(muted), interrupt, press });
const conversation = new TranscriptView(byId('entries'), byId('transcript'), byId('announcements'));
const waterfall = new WaterfallView(byId('turns'), byId('axis'), byId('median'));
const meters = { caller: new LevelMeter(byId('caller-meter')), agent: new LevelMeter(byId('agent-meter')) };
const strip = new LevelStrip(byId('strip'));
const watch = new ServerWatch(api, onServerState);

/** @type {Call | undefined} */
let call;
/** @type {Transcript} */
let transcript;
/** @type {string | undefined} */
let sessionId;
/** What each generation answers. @type {Map<string, string>} */
let turnLabels;
let startedAt = 0;
let clock = 0;
let offered = false;

function start(microphone) {
  if (call || !panel.allowed) return;
  startedAt = performance.now();
  transcript = new Transcript(elapsed, (change, entry) => conversation.update(change, entry));
  turnLabels = new Map();
  conversation.clear();
  waterfall.clear();
  say('');
  byId('empty').hidden = true;
  panel.show('dialling');
  panel.showDuration(0);
  call = new Call(
    api,
    { ...panel.settings(), microphone },
    {
      event: onEvent,
      notice: (text) => transcript.notice(text),
      level: onLevel,
      opened: onOpened,
      lost: onLost,
      back: () => panel.show('live'),
      closed: onClosed,
    },
  );
  void call.dial();
}

function hangUp() {
  if (!call || panel.state === 'ending') return;
  panel.show('ending');
  call.hangUp();
}

function interrupt() {
  if (panel.state === 'live') call.interrupt();
}

function press(digit) {
  if (panel.state !== 'live') return;
  call.press(digit);
  transcript.keyed(digit);
}

function elapsed() {
  return performance.now() - startedAt;
}

function onOpened(hasMicrophone) {
  startedAt = performance.now();
  clock = setInterval(() => panel.showDuration(elapsed()), 250);
  strip.start();
  panel.goLive(hasMicrophone);
  if (!hasMicrophone)
    transcript.notice('The agent does not notice typing until you send: it may ask whether you are still there.');
  void watch.refresh();
}

function onLost() {
  panel.show('lost');
  transcript.lose();
}

function onClosed(problem) {
  clearInterval(clock);
  strip.stop();
  call = sessionId = undefined;
  for (const meter of Object.values(meters)) meter.reset();
  panel.show('idle');
  if (problem) {
    transcript.notice(problem);
    say(problem);
  }
  void watch.refresh();
}

function onLevel(who, level) {
  // The worklets may still have reports on their way when the call is over.
  if (!call) return;
  meters[who].show(level);
  strip.note(who, level);
}

/** What the call is doing, as its events tell. */
const activities = {
  speech_started: 'You speak',
  speech_stopped: 'Thinking …',
  generation_started: 'Thinking …',
  audio_stream_start: 'Agent speaks',
  audio_clear: 'Listening',
  generation_complete: 'Listening',
};

function onEvent(event) {
  transcript.apply(event);
  if (activities[event.type]) panel.showActivity(activities[event.type]);
  switch (event.type) {
    case 'session_started':
      sessionId = event.session_id;
      return;
    case 'audio_clear':
      strip.cut();
      return;
    case 'generation_started':
      turnLabels.set(event.generation_id, labelOf(event.turn_id));
      return;
    case 'generation_complete':
      waterfall.add({ ...event, label: turnLabels.get(event.generation_id) ?? '' });
      return;
  }
}

function labelOf(turnId) {
  return transcript.textOfTurn(turnId) ?? (turnLabels.size === 0 ? 'Greeting' : 'Unasked');
}

/** Shows a problem above everything, and reads it out. @param {string} problem empty: there is none */
function say(problem) {
  byId('problem').textContent = problem;
  byId('problem').hidden = problem === '';
}

/** @param {import('./server-watch.js').ServerState} state */
function onServerState(state) {
  showServer(state, sessionId);
  byId('lost').hidden = state.reachable;
  panel.allow(!state.unauthorized);
  showTokenForm(state);
  if (state.reachable && !state.unauthorized && !offered) void offerScenarios();
}

function showTokenForm({ unauthorized, limited }) {
  const refused = unauthorized && !limited && api.token !== '';
  byId('token-form').hidden = !unauthorized;
  byId('token').setAttribute('aria-invalid', String(refused));
  if (limited) byId('token-hint').textContent = 'Too many attempts from this address; this page tries again.';
  else byId('token-hint').textContent = refused ? 'This token was not accepted.' : 'Kept in this tab only.';
}

async function offerScenarios() {
  const { status, body } = await api.get('scenarios');
  if (status !== 200) return;
  offered = true;
  panel.offer(body.scenarios, body.default);
}

byId('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  api.token = byId('token').value.trim();
  byId('token').value = '';
  void watch.refresh();
});

byId('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = byId('message').value.trim();
  if (text === '' || panel.state !== 'live') return;
  byId('message').value = '';
  transcript.typed(text);
  call.say(text);
});

/** By the place of the key, so that they work where Alt makes another letter. */
const shortcuts = {
  KeyC: () => start(true),
  KeyH: hangUp,
  KeyM: () => panel.toggleMute(),
};

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') return interrupt();
  const action = event.altKey && !event.ctrlKey && !event.metaKey && shortcuts[event.code];
  if (!action) return;
  event.preventDefault();
  action();
});

addEventListener('pagehide', () => call?.hangUp());
// Small screens begin with the conversation, not with the settings.
if (matchMedia('(max-width: 639px)').matches)
  for (const details of document.querySelectorAll('details')) details.open = false;
void watch.refresh();
