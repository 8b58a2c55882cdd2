import type { ListenFacts } from './conversation/live-conversation.js';
import type { ListenTicket } from './listen-admission.js';

/** @param session `wallOriginMs` is in Unix ms @param recorded whether the audio is to be archived */
export function factsOf(
  session: { readonly id: string; readonly wallOriginMs: number; readonly traceparent: string | undefined },
  { parameters, caller }: Pick<ListenTicket, 'parameters' | 'caller'>,
  recorded: boolean,
): ListenFacts {
  const { id, wallOriginMs, traceparent } = session;
  const { language, source, channels, consent } = parameters;
  return {
    sessionId: id,
    tenant: caller.tenant,
    subject: caller.subject,
    language,
    source,
    channels,
    consent,
    recorded,
    wallOriginMs: Math.round(wallOriginMs),
    ...(traceparent !== undefined && { traceparent }),
  };
}
