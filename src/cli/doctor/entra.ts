import { type Finding, problem, say } from './finding.js';

/** What `@azure/identity` throws, and what drivers make of it. */
const NO_TOKEN =
  /\b(AggregateAuthentication|AuthenticationRequired|CredentialUnavailable)Error\b|\bChainedTokenCredential\b|\bAADSTS\d|\bEntra ID (gives|gave) no token|\bEntra ID cannot be reached/;
const MAX_DEPTH = 5;
/** The first three are what the environment says of who we are; in Kubernetes the cluster sets them. */
const SETTINGS = ['AZURE_CLIENT_ID', 'AZURE_TENANT_ID', 'AZURE_FEDERATED_TOKEN_FILE'];
const ADVICE =
  'Without a token no role is looked at, nor any key. In Kubernetes, `workloadIdentity.clientId` has to be the client id of ' +
  'the identity, and the subject of its federated credential `system:serviceaccount:<namespace>:<account>`; elsewhere give ' +
  'this machine a managed identity, or set AZURE_CLIENT_ID and so on. login.microsoftonline.com has to be reachable';

/**
 * What to say where Entra ID has given us no token, of whatever service it was for; undefined when it is something else that is
 * wrong, such as a role, which services look at with the token in hand.
 */
export function noTokenFinding(error: unknown): Finding | undefined {
  const words = wordsOf(error);
  if (!NO_TOKEN.test(words)) return undefined;
  // All else in it may name the tenant, and what is in it.
  const code = /AADSTS\d+/.exec(words)?.[0];
  return problem(
    code === undefined ? say`Entra ID gives no token` : say`Entra ID gives no token (${code})`,
    SETTINGS,
    ADVICE,
  );
}

function wordsOf(error: unknown): string {
  const words: string[] = [];
  let cause = error;
  for (let depth = 0; cause instanceof Error && depth < MAX_DEPTH; depth++) {
    words.push(cause.name, cause.message);
    cause = cause.cause;
  }
  return words.join('\n');
}
