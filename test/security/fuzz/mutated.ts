import * as fc from 'fast-check';

/** What parsers have tripped over elsewhere. */
const TOKENS = [
  '{', '}', '[', ']', '"', ':', ',', '\\', '\\u0000', '\\ud800', 'null', 'true', '-0', '1e999', '-1', '0', '9007199254740993',
  '__proto__', 'constructor', '\u0000', '\r\n', '\n', ' ', '\ufeff', '\u2028', '\ud83d\ude00', '%', '%00', '%ff', '&', '=', '+', '..',
  '/', '*', '&a', '*a', '!!js/function', '<<: ', '- ', '? ', '${HOME}', 'é', 'A'.repeat(300), '[['.repeat(200), '{"a":'.repeat(100),
]; // prettier-ignore

type Edit = readonly [kind: number, at: number, value: number, length: number];

const edit: fc.Arbitrary<Edit> = fc.tuple(fc.nat(6), fc.nat(65_535), fc.nat(65_535), fc.integer({ min: 1, max: 24 }));

/** What is right, with a few things wrong in it: far more of it gets past the first check than of what is random. */
export function mutated(seeds: readonly (string | Uint8Array)[]): fc.Arbitrary<Buffer> {
  const known: Buffer[] = seeds.map((seed) => Buffer.from(seed as string));
  const inBytes = fc
    .tuple(fc.nat(known.length - 1), fc.array(edit, { maxLength: 5 }))
    .map(([seed, edits]) => edits.reduce<Buffer>((bytes, one) => edited(bytes, one, known), known[seed]!));
  const objects = seeds.flatMap((seed) => (typeof seed === 'string' && seed.startsWith('{') ? [seed] : []));
  if (objects.length === 0) return inBytes;
  const change = fc.tuple(fc.nat(63), fc.nat(9), fc.jsonValue({ maxDepth: 2 }));
  const inMeaning = fc
    .tuple(fc.constantFrom(...objects), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([seed, changes]) => Buffer.from(JSON.stringify(changes.reduce<unknown>(changed, JSON.parse(seed)))));
  return fc.oneof(inBytes, inMeaning);
}

const ODD_VALUES = [
  null,
  -1,
  1e308,
  '',
  '0',
  'x'.repeat(5000),
  [],
  {},
  '\u0000\ud800',
  Array.from({ length: 300 }, () => 'a'),
];

/** One value of it is another one, is not there, or has company that nobody expects. */
function changed(root: unknown, [where, how, value]: readonly [number, number, unknown]): unknown {
  const places: { readonly of: Record<string, unknown>; readonly key: string }[] = [];
  const collect = (of: unknown): void => {
    if (typeof of !== 'object' || of === null) return;
    for (const [key, inner] of Object.entries(of)) {
      places.push({ of: of as Record<string, unknown>, key });
      collect(inner);
    }
  };
  collect(root);
  const place = places[where % Math.max(1, places.length)];
  if (!place) return value;
  const { of, key } = place;
  if (how < 4) of[key] = structuredClone(value);
  else if (how < 7) of[key] = structuredClone(ODD_VALUES[where % ODD_VALUES.length]);
  else if (how === 7) delete of[key];
  else if (how === 8)
    Object.defineProperty(of, '__proto__', {
      value: { admin: true },
      enumerable: true,
      writable: true,
      configurable: true,
    });
  else of[`${key}_`] = structuredClone(value);
  return root;
}

function edited(bytes: Buffer, [kind, where, value, length]: Edit, others: readonly Buffer[]): Buffer {
  const at = bytes.length === 0 ? 0 : where % (bytes.length + 1);
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(at);
  switch (kind) {
    case 0: {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy[at] = value & 255;
      return copy;
    }
    case 1:
      return Buffer.concat([before, after.subarray(length)]);
    case 2:
      return Buffer.concat([before, Buffer.from(TOKENS[value % TOKENS.length]!), after]);
    case 3:
      return Buffer.concat([before, Buffer.from(TOKENS[value % TOKENS.length]!), after.subarray(length)]);
    case 4:
      return before;
    case 5:
      // A part twice.
      return Buffer.concat([before, bytes.subarray(Math.max(0, at - length)), after]);
    default: {
      const other = others[value % others.length]!;
      return Buffer.concat([before, other.subarray(value % (other.length + 1))]);
    }
  }
}
