/**
 * @typedef {object} Segment as the server sends it
 * @property {string} id
 * @property {string} text
 * @property {string} speaker
 * @property {number} speaker_id
 * @property {boolean} is_user
 * @property {string | null} person_id
 * @property {number} start seconds
 * @property {number} end seconds
 */

/**
 * @typedef {object} Line One line of what is shown.
 * @property {string} key
 * @property {'segment' | 'gap' | 'begun' | 'over' | 'notice' | 'error'} kind
 * @property {number} conversation which of the session's conversations it belongs to, from 0
 * @property {number} at seconds since that conversation's beginning; ±Infinity at its ends
 * @property {Segment} [segment]
 * @property {Gap} [gap]
 * @property {Heard} [about]
 * @property {string} [text]
 */

/** @typedef {{ of: string, reason: string, start: number, end: number, sources: string[] }} Gap seconds */

/**
 * @typedef {object} Heard One conversation of the session.
 * @property {string} id empty: nothing of it is kept
 * @property {'in_progress' | 'processing' | 'completed' | 'discarded' | 'failed'} status
 * @property {string} title
 * @property {string} overview
 */

/** @typedef {{ speakerId: number, personId: string, name: string, distance: number, segments: string[] }} Suggestion */

/** Gaps that are no further apart are one. */
const SAME_GAP_SECONDS = 0.25;

/** What those who read along have to know of the server. */
const WORTH_A_LINE = ['stt_failed', 'stt_recovered', 'pusher_degraded', 'pusher_connected'];

/** What was said in the conversations of a session, made from the server's messages. */
export class ListenTranscript {
  /** @param {(change: 'set' | 'removed', line: Line) => void} onLine @param {() => void} onState conversations, names or suggestions have changed */
  constructor(onLine, onState) {
    this.onLine = onLine;
    this.onState = onState;
    /** @type {Map<string, Line>} */
    this.lines = new Map();
    /** @type {Heard[]} the current one last */
    this.conversations = [];
    /** @type {Map<string, string>} names by person */
    this.people = new Map();
    /** @type {Suggestion[]} not answered yet */
    this.suggestions = [];
    this.count = 0;
  }

  /** @returns {Heard | undefined} */
  get current() {
    return this.conversations.at(-1);
  }

  /** @param {any} message of the server */
  apply(message) {
    if (Array.isArray(message)) for (const segment of message) this.hear(segment);
    else handlers[message.type]?.(this, message);
  }

  /** @param {string} text */
  notice(text) {
    this.add('notice', { text, at: this.now });
  }

  /** Somebody has a name now. @param {string} personId @param {string} name */
  name(personId, name) {
    if (this.people.get(personId) === name) return;
    this.people.set(personId, name);
    for (const line of this.lines.values()) if (line.segment?.person_id === personId) this.onLine('set', line);
    this.onState();
  }

  /** @param {Suggestion} suggestion */
  answered(suggestion) {
    this.suggestions = this.suggestions.filter((other) => other !== suggestion);
    this.onState();
  }

  /** Ids of all that a speaker has said in the current conversation. @param {number} speakerId */
  saidBy(speakerId) {
    return this.segments.filter(({ speaker_id }) => speaker_id === speakerId).map(({ id }) => id);
  }

  /** Of the current conversation. */
  get segments() {
    const current = this.conversations.length - 1;
    return [...this.lines.values()].flatMap(({ segment, conversation }) =>
      segment && conversation === current ? [segment] : [],
    );
  }

  /** Seconds into the current conversation, as far as is known. */
  get now() {
    const ends = [...this.lines.values()]
      .filter(({ conversation }) => conversation === this.conversations.length - 1)
      .map(({ segment, gap, at }) => segment?.end ?? gap?.end ?? (Number.isFinite(at) ? at : 0));
    return Math.max(0, ...ends);
  }

  /** @param {Segment} segment */
  hear(segment) {
    const known = this.lines.get(segment.id);
    if (known) this.set({ ...known, segment, at: segment.start });
    else this.add('segment', { key: segment.id, segment, at: segment.start });
  }

  /** @param {{ of: string, source: string, reason: string, from_ms: number, to_ms: number }} event */
  drop({ of, source, reason, from_ms, to_ms }) {
    const [start, end] = [from_ms / 1000, to_ms / 1000];
    const same = [...this.lines.values()].find(
      ({ gap, conversation }) =>
        gap?.of === of &&
        gap.reason === reason &&
        conversation === this.conversations.length - 1 &&
        start <= gap.end + SAME_GAP_SECONDS &&
        end >= gap.start - SAME_GAP_SECONDS,
    );
    if (!same) return this.add('gap', { at: start, gap: { of, reason, start, end, sources: [source] } });
    const { gap } = same;
    const sources = [...new Set([...gap.sources, source])].sort();
    const whole = { ...gap, start: Math.min(gap.start, start), end: Math.max(gap.end, end), sources };
    this.set({ ...same, at: whole.start, gap: whole });
  }

  /** What is heard from now on belongs to this one. @param {string} id */
  begin(id) {
    if (this.current?.id === id) return;
    this.conversations.push({ id, status: 'in_progress', title: '', overview: '' });
    this.suggestions = [];
    if (this.conversations.length > 1) this.add('begun', { at: -Infinity });
    this.onState();
  }

  /** @param {string} id @param {Partial<Heard>} news */
  learn(id, news) {
    const index = this.conversations.findIndex((candidate) => candidate.id === id);
    if (index < 0) return;
    const about = Object.assign(this.conversations[index], news);
    const key = `over ${index}`;
    if (about.status !== 'in_progress')
      this.set({ key, kind: 'over', conversation: index, at: Infinity, about: { ...about } });
    this.onState();
  }

  add(kind, fields) {
    const conversation = Math.max(0, this.conversations.length - 1);
    this.set({ key: `${kind} ${this.count++}`, kind, conversation, ...fields });
  }

  /** @param {Line} line */
  set(line) {
    this.lines.set(line.key, line);
    this.onLine('set', line);
  }

  /** @param {string} key */
  remove(key) {
    const line = this.lines.get(key);
    if (!line) return;
    this.lines.delete(key);
    this.onLine('removed', line);
  }
}

/** @type {Record<string, (transcript: ListenTranscript, event: any) => void>} */
const handlers = {
  conversation_session: (transcript, { conversation_id, status }) => {
    if (status === 'in_progress') transcript.begin(conversation_id);
    else transcript.learn(conversation_id, { status });
  },
  memory_created: (transcript, { memory: { id, structured }, discarded }) =>
    transcript.learn(id, { status: discarded ? 'discarded' : 'completed', ...structured }),
  segments_deleted: (transcript, { segment_ids }) => {
    for (const id of segment_ids) transcript.remove(id);
  },
  service_status: (transcript, { status, status_text }) => {
    if (WORTH_A_LINE.includes(status)) transcript.notice(`${status_text}.`);
  },
  audio_dropped: (transcript, event) => transcript.drop(event),
  speaker_label_suggestion: (transcript, { speaker_id, person_id, person_name, distance, segments }) => {
    const suggestion = { speakerId: speaker_id, personId: person_id, name: person_name, distance, segments };
    transcript.suggestions = [
      ...transcript.suggestions.filter(({ speakerId }) => speakerId !== speaker_id),
      suggestion,
    ];
    transcript.name(person_id, person_name);
    transcript.onState();
  },
  error: (transcript, { code, message, conversation_id }) => {
    if (code === 'processing_failed') transcript.learn(conversation_id, { status: 'failed' });
    else transcript.add('error', { text: message, at: transcript.now });
  },
};
