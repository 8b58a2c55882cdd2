/** What Twilio is told to do with a call: https://www.twilio.com/docs/voice/twiml. Written as Twilio's own library does. */

export interface StreamTwiml {
  /** `wss://…`, without a query: Twilio would leave it out. */
  readonly streamUrl: string;
  /** Where Twilio asks how to go on when the stream has ended; undefined: with the next verb, of which there is none. */
  readonly actionUrl: string | undefined;
  /** Come back in `start.customParameters`; those that are undefined are left out. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
}

/** Connects the call to a Media Stream, in both directions, until either side ends it. */
export function connectToStream({ streamUrl, actionUrl, parameters }: StreamTwiml): string {
  const children = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [element('Parameter', { name, value })],
  );
  return response(element('Connect', { action: actionUrl }, element('Stream', { url: streamUrl }, ...children)));
}

/** Tells the caller something, and hangs up. */
export function sayAndHangUp(message: string, language: string): string {
  return response(element('Say', { language }, escapeText(message)), element('Hangup', {}));
}

/** The caller gets the busy tone; the call was never answered. */
export function rejectAsBusy(): string {
  return response(element('Reject', { reason: 'busy' }));
}

function response(...verbs: string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${element('Response', {}, ...verbs)}`;
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | undefined>>,
  ...children: string[]
): string {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escapeAttribute(value)}"`],
  );
  const opening = `<${name}${given.join('')}`;
  const content = children.join('');
  return content === '' ? `${opening}/>` : `${opening}>${content}</${name}>`;
}

function escapeAttribute(value: string): string {
  return legal(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\t', '&#x9;')
    .replaceAll('\n', '&#xA;')
    .replaceAll('\r', '&#xD;');
}

function escapeText(value: string): string {
  return legal(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#xD;');
}

/** Without the characters that XML 1.0 has no way to write. */
function legal(value: string): string {
  return value.replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '');
}
