import { Injectable, Logger } from '@nestjs/common';
import { AzureSpeechConfig } from '../config/azure-speech.config.js';
import { DeepgramConfig } from '../config/deepgram.config.js';
import { ScriptedConfig } from '../config/scripted.config.js';
import { SherpaConfig } from '../config/sherpa.config.js';
import { SpeechConfig } from '../config/speech.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { Clock } from '../kernel/clock.js';
import type { AzureAccess } from './drivers/azure/azure-access.js';
import { inferenceWorkers } from './inference-workers.js';
import { SttDrivers, TtsDrivers } from './speech-drivers.js';
import type { SttDriver } from './stt-stream.js';
import type { TtsDriver } from './tts-voice.js';

const logger = new Logger('Speech');

/** Loads the drivers that the configuration lists, and no others: some of them bring large packages. */
@Injectable()
export class DriverLoader {
  private access: Promise<AzureAccess> | undefined;

  constructor(
    private readonly config: SpeechConfig,
    private readonly voice: VoiceConfig,
    private readonly scripted: ScriptedConfig,
    private readonly azure: AzureSpeechConfig,
    private readonly deepgram: DeepgramConfig,
    private readonly sherpa: SherpaConfig,
    private readonly clock: Clock,
  ) {}

  async stt(): Promise<SttDrivers> {
    return new SttDrivers(...(await Promise.all(this.config.stt.map((name) => this.sttDrivers[name]()))));
  }

  async tts(): Promise<TtsDrivers> {
    return new TtsDrivers(...(await Promise.all(this.config.tts.map((name) => this.ttsDrivers[name]()))));
  }

  private readonly sttDrivers: Readonly<Record<SpeechConfig['stt'][number], () => Promise<SttDriver>>> = {
    azure: async () => {
      const { AzureSttDriver } = await import('./drivers/azure/azure-stt.driver.js');
      return new AzureSttDriver(this.azure, await this.azureAccess(), this.clock, this.config.connectMs);
    },
    deepgram: async () => {
      const { DeepgramSttDriver } = await import('./drivers/deepgram/deepgram-stt.driver.js');
      return new DeepgramSttDriver(this.deepgram, this.clock, this.config.connectMs);
    },
    embedded: async () => {
      const { EmbeddedSttDriver } = await import('./drivers/embedded/stt/embedded-stt.driver.js');
      return new EmbeddedSttDriver(this.clock, {
        workers: inferenceWorkers(this.config.inferenceWorkers),
        minConfidence: this.config.minConfidence,
        // One worker may have to follow every session at once.
        maxDecodersPerWorker: this.config.sttPoolMax || 2 * this.voice.maxConnections,
        onIncident,
      });
    },
    sherpa: async () => {
      const { SherpaSttDriver } = await import('./drivers/sherpa/sherpa-stt.driver.js');
      return new SherpaSttDriver(this.sherpa, this.modelProcesses);
    },
    scripted: async () => {
      const { configuredStt } = await import('./testing/configured-speech.js');
      return configuredStt(this.scripted, this.clock, inferenceWorkers(this.config.inferenceWorkers));
    },
  };

  private readonly ttsDrivers: Readonly<Record<SpeechConfig['tts'][number], () => Promise<TtsDriver>>> = {
    azure: async () => {
      const { AzureTtsDriver } = await import('./drivers/azure/azure-tts.driver.js');
      const { connectMs, ttsCacheBytes: cacheBytes } = this.config;
      return new AzureTtsDriver(this.azure, await this.azureAccess(), this.clock, { connectMs, cacheBytes });
    },
    embedded: async () => {
      const { EmbeddedTtsDriver } = await import('./drivers/embedded/tts/embedded-tts.driver.js');
      return new EmbeddedTtsDriver({
        workers: inferenceWorkers(this.config.inferenceWorkers),
        cacheBytes: this.config.ttsCacheBytes,
        clock: this.clock,
        onIncident,
      });
    },
    sherpa: async () => {
      const { SherpaTtsDriver } = await import('./drivers/sherpa/sherpa-tts.driver.js');
      return new SherpaTtsDriver(this.sherpa, { ...this.modelProcesses, cacheBytes: this.config.ttsCacheBytes });
    },
    scripted: async () => {
      const { configuredTts } = await import('./testing/configured-speech.js');
      return configuredTts(this.scripted, this.clock);
    },
  };

  private get modelProcesses() {
    return { count: inferenceWorkers(this.config.inferenceWorkers), clock: this.clock, onIncident };
  }

  /** One token for both. */
  private azureAccess(): Promise<AzureAccess> {
    this.access ??= import('./drivers/azure/azure-access.js').then(({ AzureAccess }) =>
      AzureAccess.create(this.azure, this.clock, onIncident),
    );
    return this.access;
  }
}

export function onIncident(message: string): void {
  logger.warn(message);
}
