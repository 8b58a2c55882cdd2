import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { ServerConfig } from '../config/server.config.js';
import { networkOf } from './client-network.js';

/** Whose `X-Forwarded-…` headers are believed, as TRUST_PROXY says: nobody's, everybody's, or those of these addresses. */
export class TrustedProxies {
  private readonly named: BlockList | undefined;

  constructor(private readonly trust: ServerConfig['trustProxy']) {
    if (typeof trust === 'boolean') return;
    this.named = new BlockList();
    for (const network of trust) {
      const [address = '', bits] = network.split('/');
      if (bits === undefined) this.named.addAddress(address, familyOf(address));
      else this.named.addSubnet(address, Number(bits), familyOf(address));
    }
  }

  /** Whether the request was made by one of them. */
  sent(request: IncomingMessage): boolean {
    return this.has(request.socket.remoteAddress ?? '');
  }

  /** The address of who asks, without a port; undefined if it is not known. */
  clientOf(request: IncomingMessage): string | undefined {
    const peer = request.socket.remoteAddress;
    if (!this.sent(request)) return peer;
    // Proxies append the address they were called from: the last is our own proxy's word, those before are anybody's.
    const said = [request.headers['x-forwarded-for'] ?? []].flat().join(',').split(',').map(withoutPort);
    // Proxies that are named may stand behind each other; whoever is not one of them is who asks.
    const client = this.named ? (said.findLast((address) => !this.has(address)) ?? said[0]) : said.at(-1);
    return client || peer;
  }

  /** Who asks, for limits: their address, of IPv6 its network; `unknown` if it is not known. */
  networkOf(request: IncomingMessage): string {
    return networkOf(this.clientOf(request) ?? 'unknown');
  }

  private has(address: string): boolean {
    if (!this.named) return this.trust === true;
    return isIP(address) !== 0 && this.named.check(address, familyOf(address));
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

/** Some proxies append the client's port too, which is another one for each attempt. */
function withoutPort(said: string): string {
  const address = said.trim();
  return /^\[(.+)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
}
