import { configOf, int, number, oneOf, setting } from './setting.js';

/** What of a call that is only listened to reaches a recogniser. */
export class VadGateConfig extends configOf('vadGate', {
  mode: setting(
    'VAD_GATE_MODE',
    oneOf(['off', 'shadow', 'active']),
    '`active`: only speech is sent to the recogniser, as the detector of VAD hears it, with a little of what came before; silence costs nothing. `off`: everything is sent, and cut into utterances where the level falls. `shadow`: the same as `off`, but the detector listens too, and metrics say what `active` would have sent. A detector that fails or falls behind turns `active` into `off` for the rest of the leg.',
  ),
  threshold: setting(
    'VAD_GATE_THRESHOLD',
    number(0, 1),
    'Probability from which a stretch of audio is speech; within an utterance 0.15 less will do.',
  ),
  preRollMs: setting(
    'VAD_GATE_PRE_ROLL_MS',
    int(0, 2000),
    'How much of what came directly before speech is sent with it: the detector hears the beginning of a word late.',
  ),
  hangoverMs: setting(
    'VAD_GATE_HANGOVER_MS',
    int(100, 60_000),
    'How long after speech more of it is expected: spare recognisers that a fast exchange has needed are kept so long. It does not prolong what is sent: that ends with the utterance, after VAD_GATE_FINALIZE_MS.',
  ),
  finalizeMs: setting(
    'VAD_GATE_FINALIZE_MS',
    int(100, 5000),
    'Silence after which an utterance is over, and is understood; it is sent as well. What follows is the next utterance.',
  ),
}) {}
