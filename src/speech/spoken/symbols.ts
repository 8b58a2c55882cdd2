import { sticky, type SpokenRule } from './rule.js';

const anywhere: Readonly<Record<string, string>> = {
  '&': 'and',
  '@': 'at',
  '%': 'percent',
  '°': 'degrees',
  '×': 'times',
  '÷': 'divided by',
  '±': 'plus or minus',
  '≈': 'about',
  '≤': 'at most',
  '≥': 'at least',
  '§': 'section',
  '→': 'to',
};

export const symbolRules: readonly SpokenRule[] = [
  // Markdown: what a link points to, the mark of a picture, tags.
  { pattern: sticky(String.raw`\]\([^)\s]{0,500}\)`), speak: () => '' },
  { pattern: sticky(String.raw`</?[a-z][^<>]{0,200}>`, 'i'), speak: () => '' },
  { pattern: sticky(String.raw`&(?:amp|#38);`, 'i'), speak: () => 'and' },
  { pattern: sticky(String.raw`&(?:nbsp|quot|lt|gt|apos|#\d{1,5});`, 'i'), speak: () => '' },
  {
    // 9-5, 10%-15%, 9am-5pm.
    pattern: sticky(String.raw`[–—-](?=\s?[$£€]?\d)`),
    speak: (_, { before }) => (/(?:\d|[ap]\.?m\.?|%)\s?$/i.test(before) ? 'to' : undefined),
  },
  { pattern: sticky(String.raw`[–-](?=(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun))`), speak: () => 'to' },
  {
    pattern: sticky(String.raw`[-−](?=[$£€]?\d)`),
    speak: (_, { before }) => (/[\p{L}\p{N}-]$/u.test(before) ? undefined : 'minus'),
  },
  { pattern: sticky(String.raw`#(?=\s?\d)`), speak: () => 'number' },
  { pattern: sticky(String.raw`~(?=[$£€]?\d)`), speak: () => 'about' },
  { pattern: sticky(String.raw`\+(?=\s?[$£€]?\d)`), speak: () => 'plus' },
  { pattern: sticky(String.raw`=(?=\s)`), speak: (_, { before }) => (/\S\s$/.test(before) ? 'equals' : undefined) },
  { pattern: sticky(String.raw`\+(?=\s\S)`), speak: (_, { before }) => (/\S[ \t]$/.test(before) ? 'plus' : undefined) },
  { pattern: sticky(String.raw`<(?=\s?[$£€]?\d)`), speak: () => 'less than' },
  {
    pattern: sticky(String.raw`>(?=\s?[$£€]?\d)`),
    speak: (_, { before }) => (/\S[ \t]?$/.test(before) ? 'more than' : undefined),
  },
  { pattern: sticky(String.raw`/(?=\p{L})`), speak: (_, { before }) => slashWord(before) },
  { pattern: sticky(`[${Object.keys(anywhere).join('')}]`), speak: ([symbol]) => anywhere[symbol] },
];

/** "$5/month", "yes/no", "and/or". */
function slashWord(before: string): string {
  if (/\d$/.test(before)) return 'per';
  return /\b(?:and|or)$/i.test(before) ? '' : /\p{L}$/u.test(before) ? 'or' : '';
}
