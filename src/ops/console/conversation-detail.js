import { problemOf } from './api.js';
import { confirmed } from './ask.js';
import { byId, element } from './dom.js';
import { formatClock, formatWhen, readable } from './format.js';
import { insightsContent } from './insights-view.js';
import { blocksOf, heardAt } from './lanes.js';
import { statusWords } from './listen-session-card.js';
import { RecordingPlayer } from './recording-player.js';
import { RowList } from './row-list.js';
import { saidRow } from './said-rows.js';
import { clockTime, seekTime, shortId } from './segment-rows.js';
import { answersOf } from './stored-latency.js';
import { WaterfallView } from './waterfall-view.js';
import { durationOf, talkOf } from './talk.js';

/** @typedef {import('./talk.js').Said} Said */

const ARCHIVED_WITHIN_MS = 30_000;

/** One conversation: what was said, what came of it, how it sounded, and what an operator can do with it. */
export class ConversationDetail {
  /**
   * @param {import('./api.js').Api} api @param {import('./kept-of.js').KeptOf} kept
   * @param {(id: string) => void} onRemoved
   */
  constructor(api, kept, onRemoved) {
    this.api = api;
    this.kept = kept;
    this.onRemoved = onRemoved;
    this.id = '';
    /** @type {Said[]} */
    this.said = [];
    this.player = new RecordingPlayer(api, kept, (seconds) => this.follow(seconds));
    this.player.audio.addEventListener('loadedmetadata', () => this.showAll());
    this.rows = new RowList(byId('said-entries'), byId('said'));
    this.latency = new WaterfallView(byId('kept-turns'), byId('kept-axis'), byId('kept-median'));
    /** Answers that are shown there. @type {Set<string>} keys */
    this.measured = new Set();
    /** Who is heard just now. @type {Set<string>} keys */
    this.playing = new Set();
    /** On the lanes. @type {Map<string, HTMLElement>} by key */
    this.blocks = new Map();
    this.lanes = { agent: byId('lane-agent'), customer: byId('lane-customer') };
    byId('timeline').addEventListener('click', (event) => this.clickedAt(event));
    byId('process-again').addEventListener('click', () => void this.readAgain());
    byId('tell-again').addEventListener('click', () => void this.tellAgain());
    byId('delete').addEventListener('click', () => void this.remove());
  }

  /** @param {string} id empty: none */
  open(id) {
    if (this.id === id) return;
    this.id = id;
    this.conversation = undefined;
    this.said = [];
    this.awaited = 0;
    this.rows.clear();
    this.latency.clear();
    this.measured.clear();
    this.player.reset();
    this.shown = undefined;
    byId('detail-back').href = this.kept.page();
    byId('view-conversations').toggleAttribute('data-detail', id !== '');
    byId('detail-none').hidden = id !== '';
    byId('detail').hidden = byId('insights-card').hidden = true;
    this.tell('');
    if (id) void this.refresh();
  }

  /** Whether there will be news of it. */
  get isUnfinished() {
    if (!this.id) return false;
    const { status, insights } = this.conversation ?? {};
    if (!this.conversation || ['in_progress', 'processing'].includes(status)) return true;
    return (insights?.generation ?? 0) < this.awaited || this.mayBeRecorded;
  }

  /** The last minute of a call is archived when it is over. */
  get mayBeRecorded() {
    const { updated_at } = this.conversation;
    return this.player.isMissing && Date.now() - Date.parse(updated_at) < ARCHIVED_WITHIN_MS;
  }

  async refresh() {
    const { id } = this;
    const answer = await this.api.get(this.kept.path(`conversations/${id}`));
    if (this.id !== id) return;
    if (answer.status === 200) return this.show(answer.body);
    // What there is stays there while the server is away.
    if (answer.status === 0 && this.conversation) return;
    this.awaited = 0;
    byId('detail').hidden = byId('insights-card').hidden = true;
    byId('detail-none').hidden = false;
    byId('detail-none-words').textContent = problemOf(answer);
  }

  show(conversation) {
    const before = this.conversation?.status;
    this.conversation = conversation;
    byId('detail-none').hidden = true;
    byId('detail').hidden = byId('insights-card').hidden = false;
    if (before !== conversation.status || this.mayBeRecorded)
      void this.player.open(conversation).then(() => this.showAll());
    this.showAll();
  }

  showAll() {
    const { conversation } = this;
    if (!conversation) return;
    this.said = talkOf(conversation);
    this.showHead(conversation);
    const ready = this.player.isReady;
    this.rows.replace(this.said.map((said, i) => this.row(said, i, ready)));
    byId('said-none').hidden = this.said.length > 0;
    const insights = JSON.stringify([conversation.status, conversation.insights]);
    if (this.shown !== insights) byId('insights').replaceChildren(...insightsContent(conversation));
    this.shown = insights;
    byId('process-again').disabled = conversation.status === 'in_progress';
    byId('tell-again').disabled = !conversation.insights;
    this.showLatency(conversation);
    this.drawLanes();
  }

  showLatency(conversation) {
    for (const { key, ...answer } of answersOf(conversation)) {
      if (!this.measured.has(key)) this.latency.add(answer);
      this.measured.add(key);
    }
    byId('kept-latency').hidden = this.measured.size === 0;
  }

  showHead(conversation) {
    const { id, kind, status, started_at, end_reason, insights, listened, scenario } = conversation;
    byId('detail-title').textContent = insights?.title || `Conversation ${shortId(id)}`;
    byId('detail-status').textContent = statusWords[status] ?? status;
    byId('detail-status').dataset.status = status;
    const what = kind === 'listen' ? 'listened to' : `with our agent (${readable(scenario)})`;
    const facts = [
      formatWhen(started_at),
      formatClock(durationOf(conversation, Date.now())),
      what,
      listened && listened.consent !== 'unknown' && `consent ${listened.consent}`,
      listened?.source,
      end_reason && `ended: ${readable(end_reason).toLowerCase()}`,
    ];
    byId('detail-facts').textContent = facts.filter(Boolean).join(' · ');
  }

  /** @param {Said} said @param {boolean} seeks */
  row(said, i, seeks) {
    const { start } = said;
    return saidRow(said, i, seeks, () => (seeks ? seekTime(start, () => this.player.seek(start)) : clockTime(start)));
  }

  get seconds() {
    const { duration } = this.player.audio;
    return Number.isFinite(duration) ? duration : 0;
  }

  drawLanes() {
    const { seconds } = this;
    byId('timeline').hidden = !this.player.isReady || seconds === 0;
    this.blocks.clear();
    for (const node of Object.values(this.lanes)) node.replaceChildren();
    for (const { key, lane, left, width } of blocksOf(this.said, seconds)) {
      const block = element('span', { 'data-key': key });
      block.style.left = `${left * 100}%`;
      block.style.width = `${width * 100}%`;
      this.blocks.set(key, block);
      this.lanes[lane].append(block);
    }
    for (const { start, end } of this.player.gaps) {
      const gap = element('div', { class: 'missing' });
      gap.style.left = `${(start / seconds) * 100}%`;
      gap.style.width = `${((end - start) / seconds) * 100}%`;
      this.lanes.agent.append(gap);
      this.lanes.customer.append(gap.cloneNode());
    }
    for (const key of this.playing) this.rows.nodeOf(key)?.removeAttribute('data-playing');
    this.playing = new Set();
    this.follow(this.player.audio.currentTime);
  }

  /** @param {number} seconds where the recording is */
  follow(seconds) {
    if (this.seconds > 0) byId('playhead').style.left = `${(seconds / this.seconds) * 100}%`;
    const isPlaying = !this.player.audio.paused || seconds > 0;
    const now = isPlaying ? heardAt(this.said, seconds) : new Set();
    for (const key of this.playing.symmetricDifference(now))
      for (const node of [this.rows.nodeOf(key), this.blocks.get(key)])
        node?.toggleAttribute('data-playing', now.has(key));
    this.playing = now;
  }

  clickedAt(event) {
    const block = this.said.find(({ key }) => key === event.target.dataset.key);
    const { left, width } = byId('timeline-lanes').getBoundingClientRect();
    this.player.seek(block?.start ?? ((event.clientX - left) / width) * this.seconds);
  }

  async readAgain() {
    const answer = await this.api.post(this.kept.path(`conversations/${this.id}/process`));
    if (answer.status !== 202) return this.tell(problemOf(answer));
    this.awaited = answer.body.generation;
    this.tell('It is being read again …');
  }

  async tellAgain() {
    const answer = await this.api.post(this.kept.path(`conversations/${this.id}/webhooks`));
    if (answer.status !== 202) return this.tell(problemOf(answer));
    const count = answer.body.job_ids.length;
    if (count === 0) return this.tell('Nobody is to be told: no webhooks are set up.');
    this.tell(count === 1 ? '1 receiver is told once more.' : `${count} receivers are told once more.`);
  }

  async remove() {
    const { id } = this;
    const question = 'Delete this conversation for good, with what was recorded of it?';
    if (!(await confirmed(question, 'Delete')) || this.id !== id) return;
    const answer = await this.api.remove(this.kept.path(`conversations/${id}`));
    if (answer.status !== 204) return this.tell(problemOf(answer));
    this.onRemoved(id);
  }

  /** @param {boolean} there whether somebody does work after calls in this process */
  allowWork(there) {
    byId('process-again').hidden = byId('tell-again').hidden = !there;
  }

  /** @param {string} words */
  tell(words) {
    byId('detail-said').textContent = words;
  }
}
