import type { RawData, WebSocket } from 'ws';

/** One message of the speech protocol: headers and a body, as text or as binary with the length of its headers. */
export interface UspMessage {
  readonly path: string;
  readonly requestId: string;
  readonly contentType: string;
  readonly body: Buffer;
}

const CRLF = '\r\n';

/** Strict. @throws Error with what is wrong with it. */
export function parseUsp(data: RawData, isBinary: boolean): UspMessage {
  const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
  let head: string;
  let body: Buffer;
  if (isBinary) {
    const length = bytes.readUInt16BE(0);
    if (2 + length > bytes.length) throw new Error('the headers are longer than the message');
    head = bytes.subarray(2, 2 + length).toString('ascii');
    body = bytes.subarray(2 + length);
  } else {
    const end = bytes.indexOf(CRLF + CRLF);
    if (end < 0) throw new Error('there is no end of the headers');
    head = bytes.subarray(0, end).toString();
    body = bytes.subarray(end + 4);
  }
  const headers = new Map(
    head
      .split(CRLF)
      .filter(Boolean)
      .map((line) => {
        const colon = line.indexOf(':');
        if (colon < 0) throw new Error('a header without a colon');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
  );
  const requestId = headers.get('x-requestid') ?? '';
  if (!/^[0-9a-f]{32}$/i.test(requestId)) throw new Error('X-RequestId must be a UUID without dashes');
  if (Number.isNaN(Date.parse(headers.get('x-timestamp') ?? ''))) throw new Error('X-Timestamp is missing');
  return {
    path: (headers.get('path') ?? '').toLowerCase(),
    requestId,
    contentType: headers.get('content-type') ?? '',
    body,
  };
}

export function sendText(socket: WebSocket, path: string, requestId: string, content: unknown): void {
  const head = `X-RequestId:${requestId}${CRLF}Content-Type:application/json; charset=utf-8${CRLF}Path:${path}${CRLF}${CRLF}`;
  socket.send(head + JSON.stringify(content));
}

export function sendAudio(socket: WebSocket, requestId: string, streamId: string, audio: Buffer): void {
  const head = Buffer.from(
    `X-RequestId:${requestId}${CRLF}Content-Type:audio/x-wav${CRLF}X-StreamId:${streamId}${CRLF}Path:audio${CRLF}`,
  );
  const length = Buffer.alloc(2);
  length.writeUInt16BE(head.length);
  socket.send(Buffer.concat([length, head, audio]), { binary: true });
}
