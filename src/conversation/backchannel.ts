const MAX_BACKCHANNEL_WORDS = 3;

/** Whether the caller only showed that they listen ("mm-hm", "okay"), which does not interrupt. */
export function isBackchannel(text: string, backchannels: readonly string[]): boolean {
  const words = normalise(text).split(' ').filter(Boolean);
  if (words.length === 0 || words.length > MAX_BACKCHANNEL_WORDS) return false;
  const known = new Set(backchannels.map(normalise));
  return known.has(words.join(' ')) || words.every((word) => known.has(word));
}

function normalise(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s]/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
}
