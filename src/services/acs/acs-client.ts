import type { CallAutomationClient, MediaStreamingOptions } from '@azure/communication-call-automation';
import type { AcsConfig } from '../../config/acs.config.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';

export interface MediaAddress {
  /** Where the service sends what happens in the call. */
  readonly callbackUrl: string;
  /** `wss://…`: where it opens the media stream. */
  readonly mediaUrl: string;
  /** Comes back with each event of the call. */
  readonly context: string;
}

/** The control plane of Azure Communication Services: answers, places, transfers and ends calls. Safe for parallel use. */
export abstract class AcsClient {
  /** Rejects with what is wrong with the service itself. Asks it only when it is not known to work. */
  abstract check(): Promise<void>;
  /** Each rejects with `call_failed`; `retryable` when the service could not be reached or was busy. */
  abstract answer(incomingCallContext: string, media: MediaAddress): Promise<{ callId: string }>;
  abstract reject(incomingCallContext: string): Promise<void>;
  /** @param to a telephone number (`+…`) or the id of a communication user (`8:acs:…`). */
  abstract place(to: string, media: MediaAddress): Promise<{ callId: string }>;
  /** Resolves when the service has taken the order; whether it works out, an event tells. */
  abstract transfer(callId: string, to: string, context: string): Promise<void>;
  /** For everybody in the call. Resolves, too, when the call is over already. */
  abstract hangUp(callId: string): Promise<void>;
}

/** Through Microsoft's SDK, which is not loaded before it is needed. */
export async function connectAcs(config: AcsConfig): Promise<AcsClient> {
  const sdk = await import('@azure/communication-call-automation');
  const options = {
    allowInsecureConnection: /^https?:/.exec(endpointOf(config))?.[0] === 'http:',
    retryOptions: { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1000 },
  };
  const client = config.connectionString
    ? new sdk.CallAutomationClient(config.connectionString, options)
    : new sdk.CallAutomationClient(
        config.endpoint,
        new (await import('@azure/identity')).DefaultAzureCredential(),
        options,
      );
  return new SdkAcsClient(client, config);
}

function endpointOf({ connectionString, endpoint }: AcsConfig): string {
  return /endpoint=([^;]+)/i.exec(connectionString)?.[1] ?? endpoint;
}

/** There is none of this name; that the service says so tells that it is there and knows us. */
const NO_CALL = 'parley-readiness';

class SdkAcsClient extends AcsClient {
  /** As of the last request; undefined when it worked. */
  private problem: string | undefined = 'Azure Communication Services was not asked yet';
  private checking: Promise<void> | undefined;

  constructor(
    private readonly client: CallAutomationClient,
    private readonly config: AcsConfig,
  ) {
    super();
  }

  override async check(): Promise<void> {
    if (this.problem === undefined) return;
    this.checking ??= this.ask('look for a call', (abortSignal) =>
      this.client.getCallConnection(NO_CALL).getCallConnectionProperties({ abortSignal }),
    )
      .then(() => undefined)
      .catch(() => undefined)
      .finally(() => (this.checking = undefined));
    await this.checking;
    if (this.problem !== undefined) throw new Error(this.problem);
  }

  override answer(incomingCallContext: string, media: MediaAddress): Promise<{ callId: string }> {
    return this.ask('answer', async (abortSignal) => {
      const { callConnectionProperties } = await this.client.answerCall(incomingCallContext, media.callbackUrl, {
        mediaStreamingOptions: this.streaming(media.mediaUrl),
        operationContext: media.context,
        abortSignal,
      });
      return { callId: idOf(callConnectionProperties.callConnectionId) };
    });
  }

  override reject(incomingCallContext: string): Promise<void> {
    return this.ask('reject', (abortSignal) =>
      this.client.rejectCall(incomingCallContext, { callRejectReason: 'busy', abortSignal }),
    );
  }

  override place(to: string, media: MediaAddress): Promise<{ callId: string }> {
    return this.ask('place', async (abortSignal) => {
      const { sourceNumber } = this.config;
      const target = to.startsWith('+')
        ? { targetParticipant: { phoneNumber: to }, sourceCallIdNumber: { phoneNumber: sourceNumber } }
        : { targetParticipant: { communicationUserId: to } };
      const { callConnectionProperties } = await this.client.createCall(target, media.callbackUrl, {
        mediaStreamingOptions: this.streaming(media.mediaUrl),
        operationContext: media.context,
        abortSignal,
      });
      return { callId: idOf(callConnectionProperties.callConnectionId) };
    });
  }

  override async transfer(callId: string, to: string, context: string): Promise<void> {
    await this.ask('transfer', (abortSignal) =>
      this.client
        .getCallConnection(callId)
        .transferCallToParticipant(to.startsWith('+') ? { phoneNumber: to } : { communicationUserId: to }, {
          operationContext: context,
          abortSignal,
        }),
    );
  }

  override async hangUp(callId: string): Promise<void> {
    await this.ask('hang up', (abortSignal) =>
      this.client.getCallConnection(callId).hangUp(true, { abortSignal }),
    ).catch((error: unknown) => {
      if (statusOf((error as Error).cause) !== 404) throw error;
    });
  }

  private streaming(transportUrl: string): MediaStreamingOptions {
    return {
      transportType: 'websocket',
      transportUrl,
      contentType: 'audio',
      audioChannelType: 'mixed',
      startMediaStreaming: true,
      // Without it what we say is dropped without a word.
      enableBidirectional: true,
      audioFormat: this.config.sampleRate === '24000' ? 'Pcm24KMono' : 'Pcm16KMono',
      enableDtmfTones: true,
    };
  }

  private async ask<T>(what: string, request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      const answer = await request(AbortSignal.timeout(this.config.requestTimeoutMs));
      this.problem = undefined;
      return answer;
    } catch (error) {
      const status = statusOf(error);
      const reason = status === undefined ? messageOf(error).split('\n')[0]! : `status ${status}`;
      const retryable = status === undefined || status === 429 || status >= 500;
      const problem = `Azure Communication Services, ${what}: ${reason}`;
      // What it says of one call tells nothing of the next.
      this.problem = retryable || status === 401 || status === 403 ? problem : undefined;
      throw new ParleyError('call_failed', problem, retryable, { cause: error });
    }
  }
}

function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

function idOf(callConnectionId: string | undefined): string {
  if (callConnectionId === undefined) throw new Error('the answer names no call');
  return callConnectionId;
}
