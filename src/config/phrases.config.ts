import { configOf, list, setting } from './setting.js';

export class PhrasesConfig extends configOf('phrases', {
  phrases: setting(
    'SPEECH_PHRASES',
    list().refine((phrases) => phrases.length <= 500 && phrases.every((phrase) => phrase.length <= 100)),
    'Words and names that recognisers which can be biased (Azure Speech, Deepgram) should expect in all calls, besides those of the agents and those of `PUT /api/v1/phrases`. At most 500 of 100 characters.',
  ),
}) {}
