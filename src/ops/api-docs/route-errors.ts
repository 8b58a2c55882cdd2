import type { RouteDescription } from './route-description.js';
import type { FoundRoute } from './route-reader.js';

type Words = Readonly<Record<number, string | undefined | false>>;

const CHANGES_NOTHING = ['get', 'options'];

/** Every status of an error that a route may answer with, and when: what follows from its kind, and what it says itself. */
export function errorsOf(
  route: FoundRoute,
  { errors = {}, query, body, security }: RouteDescription,
): Record<number, string> {
  const { role, method, path } = route;
  const readsBody = !CHANGES_NOTHING.includes(method);
  const knows = Object.keys(query?.shape ?? {}).some((name) => name !== 'token');
  return reasons(
    errors,
    role && {
      401: 'No valid credential',
      403: role !== 'caller' && `The credential has not the role ${role}`,
      429: 'Too many requests of this credential, tenant or address',
      503: 'It cannot be told who asks, or a store cannot be reached; it may work later',
    },
    role && { 403: 'Without credentials, the server is asked by a name that is none of its own' },
    security === 'optional' && {
      401: 'The credential is not valid',
      429: 'Too many credentials of this address were not valid',
    },
    path.includes('{') && { 400: 'The path cannot be decoded' },
    knows && { 400: 'A parameter is not valid' },
    // A body is read before it is known whether anybody wants one.
    readsBody && {
      400: body ? 'The body is not valid' : 'There is a body, and it is not valid',
      403: 'The page is of another origin',
      413: 'The body is too large',
      415: 'The body is in a coding that is not known',
    },
  );
}

/** The same of a path at which connections become WebSockets. */
export function errorsOfUpgrade(): Record<number, string> {
  return {
    400: 'A parameter, or the handshake, is not valid',
    401: 'No valid credential',
    403: 'The page is of another origin, or it is not allowed',
    404: 'It is no handshake of a WebSocket, or there is no session to come back to, or nothing at this path',
    429: 'Too many attempts, or the tenant has no audio left',
    503: 'At capacity, overloaded, starting or draining',
  };
}

/** Several for the same status are one sentence; the same one is said once. */
function reasons(...all: readonly (Words | undefined | false)[]): Record<number, string> {
  const found = new Map<string, Set<string>>();
  for (const words of all)
    for (const [status, reason] of Object.entries(words || {}))
      if (reason) found.set(status, (found.get(status) ?? new Set()).add(reason));
  return Object.fromEntries([...found].map(([status, them]) => [status, sentence([...them])]));
}

function sentence([first = '', ...others]: readonly string[]): string {
  return [first, ...others.map((other) => other.charAt(0).toLowerCase() + other.slice(1))].join(', or ');
}
