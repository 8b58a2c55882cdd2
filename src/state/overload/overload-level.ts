import type { AudioSource } from '../../audio/source-queues.js';

/** How hard-pressed the process is, from the least. */
export const overloadLevels = ['NORMAL', 'WARNING', 'DEGRADED', 'CRITICAL', 'OVERLOADED'] as const;

export type OverloadLevel = (typeof overloadLevels)[number];

/** What a session does with its audio: an agent answers it, or somebody else's call is written down. */
export type AudioUse = 'conversation' | 'transcription';

/** As a number, for metrics: 0 is NORMAL. */
export function rankOf(level: OverloadLevel): number {
  return overloadLevels.indexOf(level);
}

/** Whether audio that arrives at this level is taken. The other leg goes first; a live conversation is never cut. */
export function admitsAudio(level: OverloadLevel, use: AudioUse, source: AudioSource): boolean {
  if (source === 'system') return level !== 'CRITICAL' && level !== 'OVERLOADED';
  return use === 'conversation' || level !== 'OVERLOADED';
}

export function admitsSessions(level: OverloadLevel): boolean {
  return level !== 'OVERLOADED';
}
