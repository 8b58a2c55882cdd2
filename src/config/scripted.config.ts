import { configOf, int, number, oneOf, setting, text } from './setting.js';

const rate = (what: string) => `Share of ${what}, 0 to 1.`;

/** The scripted providers, which need no model and no network: for load, fault and integration tests. */
export class ScriptedConfig extends configOf('scripted', {
  seed: setting('SCRIPTED_SEED', int(0, 2 ** 31), 'Same seed, same faults in the same order.'),
  sampleRate: setting(
    'SCRIPTED_SAMPLE_RATE',
    oneOf(['8000', '16000', '24000']),
    'Rate of the scripted recogniser and voice, Hz.',
  ),
  sttMode: setting(
    'SCRIPTED_STT_MODE',
    oneOf(['streaming', 'batch']),
    '`batch` is a recogniser that takes chunks of 2, 4 or 8 s, as local models of the larger kind do.',
  ),
  sttText: setting('SCRIPTED_STT_TEXT', text().min(1), 'What the recogniser hears in every utterance.'),
  sttDelayMs: setting(
    'SCRIPTED_STT_DELAY_MS',
    int(0, 60_000),
    'From the end of an utterance to its final; 0 is the same moment.',
  ),
  sttRealTimeFactor: setting(
    'SCRIPTED_STT_RTF',
    number(0, 20),
    'How long the batch recogniser works for each second of audio, seconds.',
  ),
  sttFailureRate: setting('SCRIPTED_STT_FAILURE_RATE', number(0, 1), rate('utterances that end with an error')),
  sttStallRate: setting('SCRIPTED_STT_STALL_RATE', number(0, 1), rate('utterances that are never answered')),
  sttWrongRate: setting(
    'SCRIPTED_STT_WRONG_RATE',
    number(0, 1),
    rate('utterances that are heard as something else, or rejected'),
  ),
  sttLateRate: setting(
    'SCRIPTED_STT_LATE_RATE',
    number(0, 1),
    `${rate('utterances that are understood later by SCRIPTED_STT_LATE_MS')} The next ones may overtake them.`,
  ),
  sttLateMs: setting(
    'SCRIPTED_STT_LATE_MS',
    int(0, 60_000),
    'How much later finals of SCRIPTED_STT_LATE_RATE come than SCRIPTED_STT_DELAY_MS says.',
  ),
  llmText: setting('SCRIPTED_LLM_TEXT', text().min(1), 'What the model answers.'),
  llmDelayMs: setting('SCRIPTED_LLM_DELAY_MS', int(0, 60_000), 'From the request to the first words.'),
  llmWordMs: setting('SCRIPTED_LLM_WORD_MS', int(0, 10_000), 'From word to word; 0 is all of them at once.'),
  llmFailureRate: setting('SCRIPTED_LLM_FAILURE_RATE', number(0, 1), rate('answers that break off with an error')),
  llmStallRate: setting('SCRIPTED_LLM_STALL_RATE', number(0, 1), rate('answers that break off without a word')),
  llmWrongRate: setting('SCRIPTED_LLM_WRONG_RATE', number(0, 1), rate('answers that ask for a tool nobody has')),
  ttsWordMs: setting('SCRIPTED_TTS_WORD_MS', number(1, 10_000), 'Length of the tone for each word.'),
  ttsDelayMs: setting('SCRIPTED_TTS_DELAY_MS', int(0, 60_000), 'From a sentence to its first audio.'),
  ttsSpeed: setting(
    'SCRIPTED_TTS_SPEED',
    number(0, 1000),
    'How fast audio comes, half a second ahead: 1 is as fast as it plays, 0 all at once.',
  ),
  ttsFailureRate: setting('SCRIPTED_TTS_FAILURE_RATE', number(0, 1), rate('sentences that break off with an error')),
  ttsStallRate: setting('SCRIPTED_TTS_STALL_RATE', number(0, 1), rate('sentences whose audio stops coming')),
  ttsWrongRate: setting('SCRIPTED_TTS_WRONG_RATE', number(0, 1), rate('sentences that are silent')),
  vadDelayMs: setting('SCRIPTED_VAD_DELAY_MS', int(0, 60_000), 'From a window of audio to its judgement.'),
  vadFailureRate: setting(
    'SCRIPTED_VAD_FAILURE_RATE',
    number(0, 1),
    rate('calls for which there is no detector, and which therefore cannot begin'),
  ),
  vadStallRate: setting('SCRIPTED_VAD_STALL_RATE', number(0, 1), rate('calls whose audio is never judged')),
  vadWrongRate: setting('SCRIPTED_VAD_WRONG_RATE', number(0, 1), rate('20 ms windows that are judged wrongly')),
}) {}
