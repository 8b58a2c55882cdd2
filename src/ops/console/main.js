import { Api } from './api.js';
import { CallView } from './call-view.js';
import { ConversationsView } from './conversations-view.js';
import { byId } from './dom.js';
import { ListenView } from './listen-view.js';
import { OperationsView } from './operations-view.js';
import { Router } from './router.js';
import { showServer } from './server-view.js';
import { ServerWatch } from './server-watch.js';

const api = new Api();
const watch = new ServerWatch(api, onServerState);
const onChange = () => void watch.refresh();
const call = new CallView(api, say, onChange);
const listen = new ListenView(api, say, onChange);
const conversations = new ConversationsView(api);
const operations = new OperationsView(api, onChange);
const views = { call, listen, conversations, operations };

/** Shows a problem above everything, and reads it out. @param {string} problem empty: there is none */
function say(problem) {
  byId('problem').textContent = problem;
  byId('problem').hidden = problem === '';
}

/** @param {import('./server-watch.js').ServerState} state */
function onServerState(state) {
  showServer(state, call.sessionId);
  operations.showState(state, call.sessionId);
  byId('lost').hidden = state.reachable;
  const allowed = !state.unauthorized;
  call.panel.allow(allowed);
  listen.panel.allow(allowed);
  operations.allow(allowed && (state.reachable || operations.allowed));
  if (state.reachable) conversations.showFor(state.asker);
  conversations.allow(allowed && (state.reachable || conversations.allowed));
  showTokenForm(state);
  if (state.reachable && allowed) void call.offerScenarios();
}

function showTokenForm({ unauthorized, limited }) {
  const refused = unauthorized && !limited && api.token !== '';
  byId('token-form').hidden = !unauthorized;
  byId('token').setAttribute('aria-invalid', String(refused));
  if (limited) byId('token-hint').textContent = 'Too many attempts from this address; this page tries again.';
  else byId('token-hint').textContent = refused ? 'This token was not accepted.' : 'Kept in this tab only.';
}

byId('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  api.token = byId('token').value.trim();
  byId('token').value = '';
  void watch.refresh();
});

const router = new Router(views);

/** By the place of the key, so that they work where Alt makes another letter. */
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && router.current === 'call') return call.interrupt();
  const action = event.altKey && !event.ctrlKey && !event.metaKey && views[router.current].shortcuts?.[event.code];
  if (!action || document.querySelector('dialog[open]')) return;
  event.preventDefault();
  action();
});

addEventListener('pagehide', () => {
  call.leave();
  listen.leave();
});
// Small screens begin with the conversation, not with the settings.
if (matchMedia('(max-width: 639px)').matches)
  for (const details of byId('view-call').querySelectorAll('details')) details.open = false;
void watch.refresh();
