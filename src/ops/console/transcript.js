/**
 * @typedef {object} Entry One line of the conversation as it is shown.
 * @property {number} id
 * @property {'caller' | 'agent' | 'tool' | 'handoff' | 'transfer' | 'error' | 'gap' | 'started' | 'ended' | 'notice'} kind
 * @property {number} atMs since the call began
 * @property {string} [text]
 * @property {'partial' | 'stable' | 'done' | 'rejected'} [state] of what the caller says
 * @property {'voice' | 'text' | 'keypad'} [via]
 * @property {number} [confidence] 0 to 1
 * @property {string} [agent]
 * @property {string} [generationId]
 * @property {string} [messageId]
 * @property {boolean} [streaming]
 * @property {boolean} [continued] the same agent goes on in the same answer
 * @property {number} [heardWords] of an agent's text that was cut off; the words after these were not heard
 * @property {string} [tool]
 * @property {string} [callId]
 * @property {boolean} [ok] of a tool that has ended
 * @property {number} [durationMs]
 * @property {string} [error]
 * @property {string} [from]
 * @property {string} [to]
 * @property {string} [reason]
 * @property {string} [status]
 * @property {number} [turns]
 */

/**
 * The conversation, made from the server's events: entries are added, changed while words stream in, and removed when
 * speech turned out to be a noise.
 */
export class Transcript {
  /**
   * @param {() => number} elapsed milliseconds since the call began
   * @param {(change: 'added' | 'changed' | 'removed', entry: Entry) => void} onChange
   */
  constructor(elapsed, onChange) {
    this.elapsed = elapsed;
    this.onChange = onChange;
    this.nextId = 1;
    /** @type {Entry[]} */
    this.entries = [];
    /** @type {Entry | undefined} what the caller is saying */
    this.hearing = undefined;
    /** @type {Entry | undefined} digits that are being keyed */
    this.keying = undefined;
    /** @type {Map<string, string>} */
    this.turnTexts = new Map();
    /** @type {Map<string, string | undefined>} generations that have sounded; with what was heard if they were cleared */
    this.sounded = new Map();
    /** @type {string[]} typed and keyed, not answered yet */
    this.silentTurns = [];
  }

  /** @param {any} event of the server */
  apply(event) {
    handlers[event.type]?.(this, event);
  }

  /** @param {string} text */
  typed(text) {
    this.silentTurns.push(text);
    this.add({ kind: 'caller', text, via: 'text', state: 'done' });
  }

  /** @param {string} digit */
  keyed(digit) {
    if (this.keying) return this.change(this.keying, { text: `${this.keying.text} ${digit}` });
    this.keying = this.add({ kind: 'caller', text: digit, via: 'keypad', state: 'done' });
  }

  /** @param {string} text */
  notice(text) {
    this.add({ kind: 'notice', text });
  }

  /** The connection broke: what was half said will not be finished. */
  lose() {
    if (this.hearing) this.remove(this.hearing);
    this.hearing = this.keying = undefined;
    for (const entry of this.entries) if (entry.streaming) this.change(entry, { streaming: false });
    this.notice('The connection was lost. Connecting again …');
  }

  /** What the caller said in a turn; undefined for what the agent says on its own account. */
  textOfTurn(turnId) {
    if (turnId === null) return undefined;
    return this.turnTexts.get(turnId) ?? this.silentTurns.shift() ?? '';
  }

  hear(text, state) {
    if (this.hearing) this.change(this.hearing, { text, state });
    else this.hearing = this.add({ kind: 'caller', text, via: 'voice', state });
  }

  /** The words after what was heard of a generation are marked; `heardText` undefined takes the marks back. */
  cut(generationId, heardText) {
    let left = heardText === undefined ? Infinity : countWords(heardText);
    for (const entry of this.entries.filter((e) => e.kind === 'agent' && e.generationId === generationId)) {
      const words = countWords(entry.text);
      const heardWords = left < words ? left : undefined;
      if (heardWords !== entry.heardWords) this.change(entry, { heardWords });
      left = Math.max(0, left - words);
    }
  }

  find(matches) {
    return this.entries.findLast(matches);
  }

  add(fields) {
    /** @type {Entry} */
    const entry = { id: this.nextId++, atMs: this.elapsed(), ...fields };
    this.entries.push(entry);
    this.onChange('added', entry);
    return entry;
  }

  change(entry, fields) {
    Object.assign(entry, fields);
    this.onChange('changed', entry);
  }

  remove(entry) {
    this.entries.splice(this.entries.indexOf(entry), 1);
    this.onChange('removed', entry);
  }
}

/** @type {Record<string, (transcript: Transcript, event: any) => void>} */
const handlers = {
  session_started: (transcript, { agent, scenario, resumed }) =>
    resumed
      ? transcript.notice('Connected again; the call goes on.')
      : transcript.add({ kind: 'started', agent, text: scenario }),

  transcription_update: (transcript, { text }) => transcript.hear(text, 'partial'),
  transcription_stabilized: (transcript, { text }) => transcript.hear(text, 'stable'),
  transcription_finished: (transcript, { text, turn_id, confidence, rejected }) => {
    if (text !== '' || rejected) {
      transcript.hear(text, rejected ? 'rejected' : 'done');
      transcript.change(transcript.hearing, { confidence });
      transcript.turnTexts.set(turn_id, rejected ? 'not understood' : text);
    } else if (transcript.hearing) {
      transcript.remove(transcript.hearing);
    }
    transcript.hearing = undefined;
  },

  generation_started: (transcript) => {
    if (!transcript.keying) return;
    transcript.silentTurns.push(transcript.keying.text);
    transcript.keying = undefined;
  },
  text_stream_start: (transcript, { generation_id, message_id, agent }) => {
    const before = transcript.find((e) => e.kind === 'agent' || e.kind === 'caller');
    const continued = before?.generationId === generation_id && before?.agent === agent;
    const fields = { agent, generationId: generation_id, messageId: message_id, continued };
    transcript.add({ kind: 'agent', text: '', streaming: true, ...fields });
  },
  text_chunk: (transcript, { message_id, text }) => {
    const entry = transcript.find((e) => e.messageId === message_id);
    if (entry) transcript.change(entry, { text: entry.text + text });
  },
  text_stream_stop: (transcript, { message_id, text }) => {
    const entry = transcript.find((e) => e.messageId === message_id);
    if (entry) transcript.change(entry, { text, streaming: false });
  },

  audio_clear: (transcript, { generation_id, heard_text }) => {
    transcript.sounded.set(generation_id, heard_text);
    transcript.cut(generation_id, heard_text);
  },
  // After a clear this means that the interruption was a noise: the agent goes on from where it stopped.
  audio_stream_start: (transcript, { generation_id }) => {
    transcript.sounded.set(generation_id, undefined);
    transcript.cut(generation_id, undefined);
  },
  generation_complete: (transcript, { generation_id, outcome }) => {
    for (const entry of transcript.entries) {
      if (entry.generationId === generation_id && entry.streaming) transcript.change(entry, { streaming: false });
    }
    if (outcome !== 'interrupted') return;
    const heard = transcript.sounded.has(generation_id) ? transcript.sounded.get(generation_id) : '';
    if (heard !== undefined) transcript.cut(generation_id, heard);
  },

  tool_start: (transcript, { tool, call_id }) => transcript.add({ kind: 'tool', tool, callId: call_id }),
  tool_end: (transcript, { call_id, ok, duration_ms, error }) => {
    const entry = transcript.find((e) => e.callId === call_id);
    if (entry) transcript.change(entry, { ok, durationMs: duration_ms, error });
  },
  handoff: (transcript, { from, to, reason }) => transcript.add({ kind: 'handoff', from, to, reason }),
  transfer: (transcript, { target, status, reason }) =>
    transcript.add({ kind: 'transfer', to: target, status, reason }),
  audio_dropped: (transcript, { from_ms, to_ms, reason }) =>
    transcript.add({ kind: 'gap', durationMs: to_ms - from_ms, reason }),
  paused: (transcript) => transcript.notice('Paused: nothing of what you say, type or key is taken in.'),
  resumed: (transcript) => transcript.notice('The call goes on.'),
  error: (transcript, { code, message }) => transcript.add({ kind: 'error', text: message, reason: code }),
  session_ended: (transcript, { reason, duration_ms, turns }) =>
    transcript.add({ kind: 'ended', reason, durationMs: duration_ms, turns }),
};

function countWords(text) {
  return text.split(/\s+/).filter(Boolean).length;
}

/**
 * What was heard of an agent's text, and what was not.
 * @param {string} text @param {number | undefined} heardWords
 * @returns {[heard: string, unheard: string]}
 */
export function splitHeard(text, heardWords) {
  if (heardWords === undefined) return [text, ''];
  let at = 0;
  for (const match of text.matchAll(/\s*\S+/g)) {
    if (heardWords-- <= 0) break;
    at = match.index + match[0].length;
  }
  return [text.slice(0, at), text.slice(at)];
}
