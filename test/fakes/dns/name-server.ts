import { type Socket, createSocket } from 'node:dgram';
import { type LookupAddress, Resolver, type lookup as systemLookup } from 'node:dns';
import { isIPv4 } from 'node:net';

const A = 1;
const HEADER_BYTES = 12;

/**
 * A real name server on UDP, whose mind changes: each question for IPv4 addresses of any name gets the next of its
 * answers, the last one from then on, and none may be kept (TTL 0). What an attacker's own name server does.
 */
export class NameServer {
  /** Names that were asked for, IPv4 only, in order. */
  readonly asked: string[] = [];
  private readonly resolver = new Resolver({ timeout: 2000, tries: 1 });

  private constructor(
    private readonly socket: Socket,
    private readonly answers: readonly (readonly string[])[],
  ) {
    this.resolver.setServers([`127.0.0.1:${socket.address().port}`]);
    socket.on('message', (question, from) => socket.send(this.answerTo(question), from.port, from.address));
  }

  static async start(...answers: readonly string[][]): Promise<NameServer> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new NameServer(socket, answers);
  }

  /** In place of the system's name resolution: asks this server, each time anew. */
  get lookup(): typeof systemLookup {
    const lookup = (
      hostname: string,
      options: { all?: boolean },
      callback: (error: Error | null, addresses: LookupAddress[] | string, family?: number) => void,
    ): void => {
      this.resolver.resolve4(hostname, (error, found) => {
        // Where there is an error, there is nothing else.
        const addresses = (error ? [] : found).map((address) => ({ address, family: 4 }));
        if (error || options.all) callback(error, addresses);
        else callback(null, addresses[0]!.address, 4);
      });
    };
    return lookup as unknown as typeof systemLookup;
  }

  stop(): Promise<void> {
    this.resolver.cancel();
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }

  private answerTo(message: Buffer): Buffer {
    const { name, type, end } = questionIn(message);
    const isForAddress = type === A;
    if (isForAddress) this.asked.push(name);
    const index = Math.min(this.asked.length, this.answers.length) - 1;
    const addresses = isForAddress ? this.answers[Math.max(0, index)]! : [];
    const header = Buffer.from(message.subarray(0, HEADER_BYTES));
    // A response, recursion available, no error; one question.
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(addresses.length, 6);
    header.writeUInt32BE(0, 8);
    return Buffer.concat([header, message.subarray(HEADER_BYTES, end), ...addresses.map(recordOf)]);
  }
}

function questionIn(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message[at]!; length > 0; length = message[at]!) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.'), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function recordOf(address: string): Buffer {
  if (!isIPv4(address)) throw new Error(`Only IPv4 here: ${address}`);
  // The name is that of the question; type A, class IN, TTL 0, four bytes.
  const head = Buffer.from([0xc0, HEADER_BYTES, 0, A, 0, 1, 0, 0, 0, 0, 0, 4]);
  return Buffer.concat([head, Buffer.from(address.split('.').map(Number))]);
}
