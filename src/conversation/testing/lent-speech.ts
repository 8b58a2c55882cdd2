import { type SessionSpeech, SpeechService } from '../../speech/speech.service.js';

/** Counts what is lent and given back, each time `release` is called. */
export class LentSpeech extends SpeechService {
  lent = 0;
  givenBack = 0;

  override async lease(sessionId: string, signal: AbortSignal): Promise<SessionSpeech> {
    const speech = await super.lease(sessionId, signal);
    this.lent++;
    return {
      ...speech,
      release: () => {
        this.givenBack++;
        speech.release();
      },
    };
  }
}
