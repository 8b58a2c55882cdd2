import { byId, element } from './dom.js';
import { RowList } from './row-list.js';
import { shortId, speakerName } from './segment-rows.js';

/** @typedef {import('./listen-transcript.js').ListenTranscript} ListenTranscript */

export const statusWords = {
  in_progress: 'live',
  processing: 'being read',
  completed: 'finished',
  discarded: 'empty',
  failed: 'not read',
};
/** Distance of voices above which a suggestion is no more than that. */
const SURE_DISTANCE = 0.25;

/** Beside the transcript: how recognition and the pusher are, who may be speaking, and the session's conversations. */
export class ListenSessionCard {
  /** @param {(suggestion: import('./listen-transcript.js').Suggestion, isRight: boolean) => void} onAnswer */
  constructor(onAnswer) {
    this.onAnswer = onAnswer;
    this.suggestions = new RowList(byId('listen-suggestions'));
    this.conversations = new RowList(byId('listen-conversations'));
    this.services = { recognition: '–', pusher: '–' };
  }

  reset() {
    this.suggestions.clear();
    this.conversations.clear();
    this.tell('recognition', 'Connecting …', false);
    this.tell('pusher', '–', false);
  }

  /** @param {{ status: string, status_text: string }} event */
  service({ status, status_text }) {
    if (status === 'pusher_degraded') return this.tell('pusher', status_text, true);
    if (status === 'pusher_connected') return this.tell('pusher', status_text, false);
    this.tell('recognition', status_text, status === 'stt_failed' || status === 'paused');
    if (status === 'ready') this.tell('pusher', 'What is over is processed at once', false);
  }

  /** @param {'recognition' | 'pusher'} which @param {string} words @param {boolean} alert */
  tell(which, words, alert) {
    const node = byId(`listen-${which}`);
    if (node.textContent !== words) node.textContent = words;
    node.toggleAttribute('data-alert', alert);
  }

  /** @param {ListenTranscript} transcript @param {number} channels */
  show(transcript, channels) {
    this.showSuggestions(transcript, channels);
    this.showConversations(transcript);
  }

  showSuggestions(transcript, channels) {
    this.suggestions.replace(
      transcript.suggestions.map((suggestion) => {
        const { speakerId, personId, name, distance } = suggestion;
        const said = transcript.segments.find(({ speaker_id }) => speaker_id === speakerId);
        const speaker = said ? speakerName({ ...said, person_id: null }, channels, undefined) : `Speaker ${speakerId}`;
        return {
          key: `${speakerId}`,
          order: [speakerId],
          shows: [speaker, personId, name, distance],
          className: 'suggestion',
          content: () => this.suggestion(suggestion, speaker),
        };
      }),
    );
  }

  suggestion(suggestion, speaker) {
    const { name, distance } = suggestion;
    const sure = distance <= SURE_DISTANCE ? 'sounds like' : 'may be';
    const yes = element('button', { type: 'button', class: 'button small', 'data-part': 'yes' }, 'Yes');
    const no = element('button', { type: 'button', class: 'button small', 'data-part': 'no' }, 'Dismiss');
    yes.addEventListener('click', () => this.onAnswer(suggestion, true));
    no.addEventListener('click', () => this.onAnswer(suggestion, false));
    const title = `Distance of the voices: ${distance.toFixed(2)}`;
    return [element('p', { title }, `${speaker} ${sure} `, element('strong', {}, name), '.'), yes, no];
  }

  showConversations({ conversations }) {
    byId('listen-none').hidden = conversations.length > 0;
    this.conversations.replace(
      conversations
        .filter(({ id }) => id !== '')
        .map(({ id, status, title, overview }, i) => ({
          key: id,
          // The newest first.
          order: [-i],
          shows: [status, title, overview],
          className: 'made',
          data: { status },
          content: () =>
            [
              element(
                'a',
                { href: `#/conversations/${id}`, 'data-part': 'open' },
                title || `Conversation ${shortId(id)}`,
              ),
              element('span', { class: 'tag' }, statusWords[status]),
              overview && element('p', { class: 'overview' }, overview),
            ].filter(Boolean),
        })),
    );
  }
}
