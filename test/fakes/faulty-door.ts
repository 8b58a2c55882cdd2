import type { ChildProcess } from 'node:child_process';
import { type IncomingMessage, type Server, type ServerResponse, createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `half`: half of an answer's body comes, then the connection is cut. */
type AnyFault = 'none' | 'hangs' | 'cut' | 'half';

/** A service in a process of its own, behind a door that can be slow, shut, break off in the middle or talk nonsense. */
export abstract class FaultyDoor<OwnFault extends string | number> {
  /** What the door does with the next requests. */
  fault: AnyFault | OwnFault = 'none';
  /** How many requests it lets the fault happen to; then it works. */
  times = Infinity;
  requests = 0;
  private readonly door: Server;

  /** @param port where `child` listens. */
  protected constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {
    this.door = createServer((request, response) => this.pass(request, response));
  }

  /** Answers as the service does when it has this fault. */
  protected abstract answer(fault: OwnFault, response: ServerResponse): void;

  protected async open(): Promise<this> {
    await new Promise<void>((resolve) => this.door.listen(0, '127.0.0.1', resolve));
    return this;
  }

  /** Where the door is. */
  protected get url(): string {
    return `http://127.0.0.1:${(this.door.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.door.closeAllConnections();
    await new Promise((resolve) => this.door.close(resolve));
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill();
    await ended;
  }

  private pass(request: IncomingMessage, response: ServerResponse): void {
    this.requests++;
    const fault = this.times-- > 0 ? this.fault : 'none';
    switch (fault) {
      case 'hangs':
        return;
      case 'cut':
        return void request.socket.destroy();
      case 'half':
      case 'none':
        return this.passOn(request, response, fault === 'half');
      default:
        return this.answer(fault, response);
    }
  }

  private passOn(request: IncomingMessage, response: ServerResponse, breaks: boolean): void {
    const { method, url, headers } = request;
    const onward = ask({ port: this.port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      if (breaks)
        answer.once('data', (chunk: Buffer) =>
          response.write(chunk.subarray(0, chunk.length >> 1), () => response.destroy()),
        );
      else answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }
}
