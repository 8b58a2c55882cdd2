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
  const text = Object.keys(parameters)
    .toSorted()
    .map((name) =>
      valuesOf(parameters[name]!)
        .map((value) => name + value)
        .join(''),
    )
    .join('');
  return createHmac('sha1', authToken)
    .update(url + text)
    .digest('base64');
}

/** Whether one of the tokens made the signature: for the URL as it is, or as one of those that mean the same. */
export function isSigned(
  authTokens: readonly string[],
  signature: string,
  url: string,
  parameters: FormParameters,
): boolean {
  const given = Buffer.from(signature);
  return authTokens.some((token) =>
    spellingsOf(url).some((spelling) => {
      const expected = Buffer.from(signatureOf(token, spelling, parameters));
      return expected.length === given.length && timingSafeEqual(expected, given);
    }),
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
