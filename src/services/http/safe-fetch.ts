import ipaddr from 'ipaddr.js';
import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import { Agent, buildConnector, fetch as undiciFetch } from 'undici';
import { ParleyError } from '../../kernel/errors.js';
import { bounded } from './bounded-response.js';

export interface SafeFetchOptions {
  /** Whether plain http, and addresses of this machine and of private networks, may be asked. */
  readonly allowPrivate: boolean;
  /** How long a connection may take to be made, ms. */
  readonly connectTimeoutMs: number;
  /** How long an answer may take to begin, ms; 30 s if it is not there. */
  readonly answerTimeoutMs?: number;
  /** Largest answer, bytes; of a stream of events, each of them. 1 MiB if it is not there. */
  readonly maxAnswerBytes?: number;
  /** In place of the system's name resolution. */
  readonly lookup?: typeof systemLookup;
}

export interface SafeFetch {
  readonly fetch: typeof fetch;
  close(): Promise<void>;
}

const ANSWER_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1_048_576;
/** Also of events of a stream, which may be far apart. */
const SILENCE_MS = 300_000;

/**
 * `fetch` for addresses that come from a configuration or from outside: it does not let them reach what is only
 * reachable from here (cloud metadata, this machine, the cluster). Names are judged by the addresses that are then
 * connected to, so that no second answer of the name server gets around it. Redirects are never followed: they would take
 * headers with credentials along. Answers are bounded in time and size.
 */
export function createSafeFetch(options: SafeFetchOptions): SafeFetch {
  const connect = buildConnector({
    timeout: options.connectTimeoutMs,
    lookup: checkedLookup(options),
  });
  const agent = new Agent({
    headersTimeout: options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS,
    bodyTimeout: SILENCE_MS,
    connect: (target, callback) => {
      const problem = problemWith(target.protocol, target.hostname, options);
      if (problem) callback(problem, null);
      else connect(target, callback);
    },
  });
  const safe = async (input: string | URL, init?: RequestInit): Promise<Response> => {
    const redirect = init?.redirect === 'manual' ? 'manual' : 'error';
    const response = await undiciFetch(input, { ...(init as object), redirect, dispatcher: agent });
    return bounded(response, options.maxAnswerBytes ?? MAX_ANSWER_BYTES);
  };
  return { fetch: safe as typeof fetch, close: () => agent.destroy() };
}

/** An address that is written as such is never looked up. */
function problemWith(protocol: string, hostname: string, { allowPrivate }: SafeFetchOptions): Error | undefined {
  if (protocol !== 'https:' && !allowPrivate) return refusal(`${protocol}// is not allowed, only https://`);
  const address = hostname.replace(/^\[(.+)\]$/, '$1');
  if (isIP(address) && !isAllowed(address, allowPrivate)) return refusal(`${hostname} is not a public address`);
  return undefined;
}

function checkedLookup({ allowPrivate, lookup = systemLookup }: SafeFetchOptions) {
  return (
    hostname: string,
    lookupOptions: LookupOptions,
    callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
  ): void => {
    lookup(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const allowed = addresses.filter(({ address }) => isAllowed(address, allowPrivate));
      const [first] = allowed;
      // One that may not be asked among several: somebody plays tricks.
      if (!first || allowed.length < addresses.length)
        return callback(refusal(`${hostname} has no public address`), []);
      if (lookupOptions.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

/** Where clouds tell a machine its credentials, in ranges that are otherwise private or public: Amazon, Azure, Alibaba. */
const METADATA_SERVICES = new Set(
  ['fd00:ec2::254', '168.63.129.16', '100.100.100.200'].map((address) => ipaddr.parse(address).toString()),
);
/** `::127.0.0.1` was once a way to write an IPv4 address; some systems still connect to that. */
const IPV4_COMPATIBLE: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('::'), 96];

/** Whatever is allowed, link-local addresses are not: that is where clouds keep the credentials of a machine. */
function isAllowed(text: string, allowPrivate: boolean): boolean {
  const address = ipaddr.process(text);
  if (METADATA_SERVICES.has(address.toString())) return false;
  if (address instanceof ipaddr.IPv6 && address.match(IPV4_COMPATIBLE))
    return allowPrivate && address.range() === 'loopback';
  const range = address.range();
  return (
    range === 'unicast' || (allowPrivate && ['loopback', 'private', 'uniqueLocal', 'carrierGradeNat'].includes(range))
  );
}

function refusal(problem: string): NodeJS.ErrnoException {
  return new ParleyError('unsupported', `Refused to connect: ${problem}`);
}
