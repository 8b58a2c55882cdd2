import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { ServerConfig } from '../../../config/server.config.js';
import { SpeechConfig } from '../../../config/speech.config.js';
import { VoiceConfig } from '../../../config/voice.config.js';
import { inferenceWorkers } from '../../../speech/inference-workers.js';
import type { Deployment } from '../deployment.js';
import { type Check, type Finding, ok, say, warning } from '../finding.js';

const NODE_MAJOR = 24;
const FILES_EACH_CALL = 4;
const FILES_OF_OUR_OWN = 200;
const PLENTY_BYTES = 400_000_000;
const BYTES_EACH_CALL = 2_000_000;

/** What it runs on: Node, processors, memory, open files. */
export function machineChecks(deployment: Deployment): Check[] {
  return [
    {
      about: 'machine',
      settings: [],
      limitMs: 1000,
      examine: () => [
        ok(
          say`Node ${process.versions.node}, ${process.platform}-${process.arch}, ${availableParallelism()} processors`,
        ),
        ...nodeFindings(),
        ...loadFindings(deployment),
        ...environmentFindings(deployment),
      ],
    },
  ];
}

function nodeFindings(): Finding[] {
  if (Number(process.versions.node.split('.')[0]) === NODE_MAJOR) return [];
  const says = say`Parley is made for Node ${NODE_MAJOR}, and tried with no other`;
  return [warning(says, [], `Run it under Node ${NODE_MAJOR}; \`npm start\` does`)];
}

function loadFindings(deployment: Deployment): Finding[] {
  const { maxConnections } = deployment.section(VoiceConfig);
  const findings: Finding[] = [];
  const files = openFilesAllowed();
  if (files !== undefined && files < FILES_OF_OUR_OWN + FILES_EACH_CALL * maxConnections)
    findings.push(
      warning(
        say`this process may open ${files} files, too few for ${maxConnections} calls`,
        ['MAX_CONNECTIONS'],
        `Allow ${FILES_OF_OUR_OWN + FILES_EACH_CALL * maxConnections} (ulimit -n)`,
      ),
    );
  const limit = process.constrainedMemory();
  const wanted = PLENTY_BYTES + BYTES_EACH_CALL * maxConnections;
  // Without a limit it is 0, or more than there is in the world.
  if (limit > 0 && limit < wanted)
    findings.push(
      warning(
        say`it may use ${Math.round(limit / 1e6)} MB of memory, and ${maxConnections} calls want about ${Math.round(wanted / 1e6)} MB`,
        ['MAX_CONNECTIONS'],
        'Raise the limit of the container, or take fewer calls',
      ),
    );
  const workers = inferenceWorkers(deployment.section(SpeechConfig).inferenceWorkers);
  if (workers > availableParallelism())
    findings.push(
      warning(
        say`${workers} threads for recognition share ${availableParallelism()} processors`,
        ['INFERENCE_WORKERS'],
        '0 fits them to the processors',
      ),
    );
  return findings;
}

function environmentFindings(deployment: Deployment): Finding[] {
  const findings: Finding[] = [];
  const extra = deployment.variables['NODE_EXTRA_CA_CERTS'];
  // Node says nothing but a warning at the start, and goes on without.
  if (extra !== undefined && extra !== '' && !existsSync(extra))
    findings.push(warning(say`there is no ${extra}`, ['NODE_EXTRA_CA_CERTS'], 'Name the file of your own authority'));
  if (deployment.variables['NODE_TLS_REJECT_UNAUTHORIZED'] === '0')
    findings.push(
      warning(
        say`certificates are not checked: anybody in between can read and change everything`,
        ['NODE_TLS_REJECT_UNAUTHORIZED'],
        'Take it out; name the authority of your own in NODE_EXTRA_CA_CERTS',
      ),
    );
  const isPod = deployment.variables['KUBERNETES_SERVICE_HOST'] !== undefined;
  if (isPod && deployment.section(ServerConfig).environment !== 'production')
    findings.push(
      warning(say`in a pod, without credentials of its own, anybody may call`, ['NODE_ENV'], 'Set NODE_ENV=production'),
    );
  return findings;
}

function openFilesAllowed(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
