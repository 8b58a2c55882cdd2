/** What of a leg's audio a recogniser gets: see VAD_GATE_MODE. */
export type GateMode = 'off' | 'shadow' | 'active';
