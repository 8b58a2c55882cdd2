import { createHmac, timingSafeEqual } from 'node:crypto';

/** The fields of a form; one that was sent several times has all its values. */
export type FormParameters = Readonly<Record<string, string | readonly string[]>>;

/**
 * What Twilio puts into `X-Twilio-Signature`: HMAC-SHA1 of the URL, followed by all names and values in the order of the
 * names, in base64.
 *
 * @see https://www.twilio.com/docs/usage/security#validating-requests
 */
export function signatureOf(authToken: string, url: string, parameters: FormParameters): string {
  return digestOf(authToken, url, textOf(parameters)).toString('base64');
}

function digestOf(authToken: string, url: string, text: string): Buffer {
  return createHmac('sha1', authToken).update(url).update(text).digest();
}

function textOf(parameters: FormParameters): string {
  return Object.keys(parameters)
    .toSorted()
    .map((name) =>
      valuesOf(parameters[name]!)
        .map((value) => name + value)
        .join(''),
    )
    .join('');
}

/** 160 bits: the last character carries four of them. */
const SHA1_IN_BASE64 = /^[A-Za-z0-9+/]{26}[AEIMQUYcgkosw048]=$/;

/** Whether one of the tokens made the signature: for the URL as it is, or as one of those that mean the same. */
export function isSigned(
  authTokens: readonly string[],
  signature: string,
  url: string,
  parameters: FormParameters,
): boolean {
  // What cannot be a signature costs nothing: there is no limit to how many of them may come.
  if (!SHA1_IN_BASE64.test(signature)) return false;
  const given = Buffer.from(signature, 'base64');
  const text = textOf(parameters);
  const spellings = spellingsOf(url);
  return authTokens.some((token) =>
    spellings.some((spelling) => timingSafeEqual(digestOf(token, spelling, text), given)),
  );
}

/** Twilio signs a value that was sent twice once. */
function valuesOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : [...new Set(value)].toSorted();
}

/** With and without the port, and as the URL standard writes it: which one Twilio signs depends on its version. */
function spellingsOf(url: string): string[] {
  const standard = URL.canParse(url) ? new URL(url).toString() : url;
  return [...new Set([url, standard].flatMap((spelling) => [withoutPort(spelling), withPort(spelling)]))];
}

const ORIGIN = /^(\w+):\/\/([^/?#]*@)?(\[[^\]]*\]|[^:/?#]*)(:\d*)?/;

function withoutPort(url: string): string {
  return url.replace(ORIGIN, (_, scheme: string, user = '', host: string) => `${scheme}://${user}${host}`);
}

function withPort(url: string): string {
  return url.replace(ORIGIN, (_, scheme: string, user = '', host: string, port: string | undefined) => {
    const usual = scheme.toLowerCase() === 'https' || scheme.toLowerCase() === 'wss' ? ':443' : ':80';
    return `${scheme}://${user}${host}${port ?? usual}`;
  });
}
