import type { ServiceStatus } from './server-messages.js';

/** For people. */
export const statusText: Readonly<Record<ServiceStatus, string>> = {
  initiating: 'The session begins',
  in_progress_conversations_processing: 'Looking for a conversation to go on with',
  stt_initiating: 'Getting recognisers ready',
  ready: 'Listening',
  stt_failed: 'No recogniser can be used at the moment: what is said is missing from the transcript',
  stt_recovered: 'What is said is understood again',
  pusher_degraded: 'What is over is processed later',
  pusher_connected: 'What is over is processed at once again',
  paused: 'Nothing of what is said is heard or kept',
  resumed: 'Listening',
};
