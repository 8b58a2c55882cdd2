import { isIPv4, isIPv6 } from 'node:net';

const GROUPS = 8;
/** Of 16 bits each: what a provider gives to one customer is /64 or more. */
const NETWORK_GROUPS = 4;

/**
 * What one client can hardly leave, for limits: an IPv4 address, or the /64 of an IPv6 address, of which anybody has as many
 * as they like. IPv4 in IPv6 (`::ffff:192.0.2.7`, however it is written) is IPv4; a zone (`%eth0`) does not count.
 * What is no address is itself.
 */
export function networkOf(address: string): string {
  const [plain = ''] = address.split('%');
  if (!isIPv6(plain)) return address;
  const groups = groupsOf(plain);
  const [high = 0, low = 0] = groups.slice(-2);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => group.toString(16));
  return `${network.join(':')}::/64`;
}

/** All eight, of an address that is one. */
function groupsOf(address: string): number[] {
  const [before = [], after = []] = address.split('::').map((part) => part.split(':').flatMap(numbersIn));
  return [...before, ...Array<number>(GROUPS - before.length - after.length).fill(0), ...after];
}

function numbersIn(part: string): number[] {
  if (part === '') return [];
  if (!isIPv4(part)) return [Number.parseInt(part, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}
