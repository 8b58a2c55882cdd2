import { configOf, flag, int, number, setting } from './setting.js';

export class ConversationConfig extends configOf('conversation', {
  vadThreshold: setting(
    'VAD_THRESHOLD',
    number(0.05, 0.95),
    'Speech probability from which a window counts as speech; it ends 0.15 below.',
  ),
  vadStartMs: setting('VAD_START_MS', int(20, 1000), 'Speech for this long starts an utterance.'),
  endpointSilenceMs: setting('ENDPOINT_SILENCE_MS', int(40, 5000), 'Silence for this long ends an utterance.'),
  maxUtteranceMs: setting('MAX_UTTERANCE_MS', int(1000, 120_000), 'An utterance longer than this is ended.'),
  preRollMs: setting(
    'PRE_ROLL_MS',
    int(0, 1000),
    'Audio from before the start of speech that the recogniser also gets.',
  ),
  bargeInMs: setting('BARGE_IN_MS', int(20, 2000), 'Speech for this long interrupts the agent.'),
  bargeInMinWords: setting(
    'BARGE_IN_MIN_WORDS',
    int(1, 10),
    'Recognised words that interrupt the agent even before BARGE_IN_MS is over.',
  ),
  falseBargeInMs: setting(
    'FALSE_BARGE_IN_MS',
    int(200, 10_000),
    'If an interruption brings no words within this time, the agent goes on from where it stopped.',
  ),
  playoutLeadMs: setting('PLAYOUT_LEAD_MS', int(20, 2000), 'How far ahead of real time audio is sent.'),
  firstClauseMinChars: setting(
    'FIRST_CLAUSE_MIN_CHARS',
    int(5, 200),
    'The first words of an answer may be spoken at a clause mark once this many characters are there.',
  ),
  firstClauseWaitMs: setting(
    'FIRST_CLAUSE_WAIT_MS',
    int(0, 5000),
    'Without a clause mark, the first words are spoken after this long.',
  ),
  historyMaxTokens: setting(
    'HISTORY_MAX_TOKENS',
    int(200, 1_000_000),
    'Conversation history given to the model; the oldest turns go first.',
  ),
  maxToolRounds: setting(
    'MAX_TOOL_ROUNDS',
    int(1, 20),
    'Requests to the model in one turn before the agent apologises.',
  ),
  llmStallMs: setting(
    'LLM_STALL_MS',
    int(500, 120_000),
    'A model that brings nothing new for this long has failed; the agent apologises.',
  ),
  fillerAfterMs: setting(
    'FILLER_AFTER_MS',
    int(500, 120_000),
    'A caller who waits for an answer and hears nothing for this long is told so, in the words of `waiting` in the agent’s YAML.',
  ),
  firstSoundMs: setting(
    'FIRST_SOUND_MS',
    int(500, 120_000),
    'A caller who waits hears something by then, whatever has failed: the synthesisers of the list share what is left of this time.',
  ),
  greeting: setting('GREETING', flag(), "Whether a session starts with the agent's greeting."),
  taskStopMs: setting(
    'TASK_STOP_MS',
    int(100, 60_000),
    'How long one task of a session may take to stop before it is reported as leaked.',
  ),
}) {}
