import type { ListenConfig } from '../config/listen.config.js';
import type { Listened } from '../services/conversations/conversation-record.js';

export interface Keeping {
  /** Whether anything of what is said may be kept. */
  readonly keeps: boolean;
  /** Whether the audio may, too. */
  readonly recorded: boolean;
}

/** What those who speak have agreed to, and there is a place for. */
export function keepingOf(
  consent: Listened['consent'],
  config: Pick<ListenConfig, 'consent' | 'audio'>,
  hasStore: boolean,
): Keeping {
  const mayKeep = consent === 'granted' || (consent === 'unknown' && config.consent === 'assumed');
  const keeps = mayKeep && hasStore;
  return { keeps, recorded: keeps && config.audio === 'on' };
}
