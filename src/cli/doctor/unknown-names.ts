import { configClasses } from '../../config/config-classes.js';
import { distance } from './distance.js';
import { type Finding, warning } from './finding.js';

const OURS = configClasses.flatMap(({ settings }) => Object.values(settings).map(({ env }) => env));
/** What stands first in names of ours, and in nobody else's. */
const PREFIXES =
  /^(PARLEY|STT|TTS|LLM|SPEECH|SPEAKER|SHERPA|SCRIPTED|DEEPGRAM|AZURE_SPEECH|AZURE_OPENAI|ACS|MCP|PUSHER|OVERLOAD|RECORDING|BARGE_IN)_/;
/** Read by commands, tests and what starts the server; they are no settings. */
const KNOWN = /^PARLEY_(CONFIG|TOKEN|KEY|ADMIN_KEY|TESTS|HELM|GOLDEN|FUZZ_\w+)$/;
/** What Kubernetes tells each pod about each service, which may be named like us. */
const OF_SERVICES = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?)$/;
/** Short names are near to too many others. */
const MOST_MISTAKES: readonly [length: number, mistakes: number][] = [
  [8, 2],
  [5, 1],
];

/**
 * Variables that look as if they were meant for us, and that nothing reads.
 * @param asked names that somebody has read: settings, and what files refer to as `${NAME}`
 */
export function unknownNames(env: Readonly<NodeJS.ProcessEnv>, asked: ReadonlySet<string>): Finding<string>[] {
  const isInCluster = env['KUBERNETES_SERVICE_HOST'] !== undefined;
  const names = Object.keys(env).filter(
    (name) => !asked.has(name) && !KNOWN.test(name) && !(isInCluster && OF_SERVICES.test(name)),
  );
  return names.flatMap((name) => {
    const meant = nearest(name);
    if (meant !== undefined)
      return [
        warning<string>(`${name} is no setting: did you mean ${meant}?`, [name], 'Correct the name, or take it out'),
      ];
    if (!PREFIXES.test(name)) return [];
    const advice = 'Nothing reads it: docs/configuration.md has all settings. Correct the name, or take it out';
    return [warning<string>(`${name} is no setting, and no file refers to it`, [name], advice)];
  });
}

function nearest(name: string): string | undefined {
  const upper = name.toUpperCase();
  const [, most = 0] = MOST_MISTAKES.find(([length]) => name.length >= length) ?? [];
  let best: { readonly meant: string; readonly mistakes: number } | undefined;
  for (const meant of OURS) {
    if (Math.abs(meant.length - name.length) > most) continue;
    const mistakes = distance(upper, meant);
    if (mistakes <= most && mistakes < (best?.mistakes ?? Infinity)) best = { meant, mistakes };
  }
  return best?.meant;
}
