import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** Stands between a client and a server on this machine, and does to their connections what networks do. */
export class TcpProxy {
  private readonly pairs = new Set<readonly [client: Socket, server: Socket]>();
  private refusing = false;
  private garbling: Buffer | undefined;
  /** Connections made so far. */
  connections = 0;

  private constructor(
    private readonly listener: Server,
    private readonly target: number,
  ) {
    listener.on('connection', (client) => this.join(client));
  }

  static async start(target: number): Promise<TcpProxy> {
    const listener = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => listener.once('listening', resolve));
    return new TcpProxy(listener, target);
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** Breaks every connection. Not by `resetAndDestroy`: after that Node 24 spins for ever when the process ends. */
  cut(): void {
    for (const sockets of this.pairs) for (const socket of sockets) socket.destroy();
  }

  /** Breaks every connection, and each new one. */
  refuse(): void {
    this.refusing = true;
    this.cut();
  }

  /** From now on the client gets this instead of each answer. */
  garble(garbage: Buffer): void {
    this.garbling = garbage;
  }

  /** To each client, unasked. */
  inject(garbage: Buffer): void {
    for (const [client] of this.pairs) client.write(garbage);
  }

  /** Lets everything through again. */
  heal(): void {
    this.refusing = false;
    this.garbling = undefined;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.listener.close(resolve));
  }

  private join(client: Socket): void {
    this.connections++;
    client.on('error', () => undefined);
    if (this.refusing) {
      client.destroy();
      return;
    }
    const server = connect(this.target, '127.0.0.1');
    server.on('error', () => undefined);
    const pair = [client, server] as const;
    this.pairs.add(pair);
    client.on('data', (data) => server.write(data));
    server.on('data', (data) => client.write(this.garbling ?? data));
    for (const socket of pair) {
      socket.once('close', () => {
        this.pairs.delete(pair);
        for (const end of pair) end.destroy();
      });
    }
  }
}
