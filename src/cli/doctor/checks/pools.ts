import { ServerConfig } from '../../../config/server.config.js';
import { SpeechConfig } from '../../../config/speech.config.js';
import { VoiceConfig } from '../../../config/voice.config.js';
import { counted } from '../../counted.js';
import type { Deployment } from '../deployment.js';
import { type Check, type Finding, ok, say, warning } from '../finding.js';

/** Whether there are as many streams and voices as there may be calls. */
export function poolChecks(deployment: Deployment): Check[] {
  if (deployment.section(ServerConfig).role === 'pusher') return [];
  const { sttPoolMax, ttsPoolMax, poolWaitMs } = deployment.section(SpeechConfig);
  const { maxConnections } = deployment.section(VoiceConfig);
  const pools = [
    ['STT_POOL_MAX', sttPoolMax, 'stream'],
    ['TTS_POOL_MAX', ttsPoolMax, 'voice'],
  ] as const;
  const tooSmall = ([setting, size, what]: (typeof pools)[number]): Finding[] =>
    size === 0 || size >= maxConnections
      ? []
      : [
          warning(
            say`${counted(size, what)} of each service for ${counted(maxConnections, 'call')}: callers will wait for one, ${poolWaitMs} ms at most, and then do without`,
            [setting, 'MAX_CONNECTIONS'],
            `Set ${setting}=0, which fits it to MAX_CONNECTIONS, or take fewer calls`,
          ),
        ];
  return [
    {
      about: 'pools',
      settings: [],
      limitMs: 1000,
      examine: () => {
        const findings = pools.flatMap(tooSmall);
        return findings.length > 0
          ? findings
          : [ok(say`enough streams and voices for ${counted(maxConnections, 'call')}`)];
      },
    },
  ];
}
