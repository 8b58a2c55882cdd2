import { ParleyError } from '../../kernel/errors.js';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** The same answer, which breaks off when it gets too large. A stream of events may go on; each of them is bounded. */
export function bounded(response: Response, maxBytes: number): Response {
  if (!response.body) return response;
  const announced = Number(response.headers.get('content-length') ?? 0);
  if (announced > maxBytes) {
    void response.body.cancel();
    throw tooLarge(maxBytes);
  }
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  const count = isStream ? eventCounter() : byteCounter();
  const body = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        if (count(chunk) > maxBytes) controller.error(tooLarge(maxBytes));
        else controller.enqueue(chunk);
      },
    }),
  );
  const { status, statusText, headers } = response;
  const copy = new Response(body, { status, statusText, headers });
  // The constructor cannot be given it.
  Object.defineProperty(copy, 'url', { value: response.url });
  return copy;
}

function byteCounter(): (chunk: Uint8Array) => number {
  let bytes = 0;
  return (chunk) => (bytes += chunk.length);
}

/** Bytes since the last empty line, which ends an event. */
function eventCounter(): (chunk: Uint8Array) => number {
  let bytes = 0;
  let lineIsEmpty = false;
  return (chunk) => {
    let most = 0;
    for (const byte of chunk) {
      bytes++;
      most = Math.max(most, bytes);
      if (byte === LINE_FEED) {
        if (lineIsEmpty) bytes = 0;
        lineIsEmpty = true;
      } else if (byte !== CARRIAGE_RETURN) {
        lineIsEmpty = false;
      }
    }
    return most;
  };
}

function tooLarge(maxBytes: number): ParleyError {
  return new ParleyError('unsupported', `The answer is larger than ${maxBytes} bytes`);
}
