import { DockerfileParser, ModifiableInstruction } from 'dockerfile-ast';
import { readFileSync } from 'node:fs';

export interface Instruction {
  readonly keyword: string;
  /** Without flags; lines that go on are one. */
  readonly text: string;
  readonly flags: Readonly<Record<string, string>>;
}

export interface Stage {
  readonly name: string | undefined;
  /** With `ARG` filled in. */
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile in their order. */
export function readDockerfile(file = 'Dockerfile'): Stage[] {
  const parsed = DockerfileParser.parse(readFileSync(file, 'utf8'));
  const args = new Map(
    parsed.getInitialARGs().map((arg) => {
      const property = arg.getProperty()!;
      return [property.getName(), property.getValue() ?? ''] as const;
    }),
  );
  const stages: { name: string | undefined; image: string; instructions: Instruction[] }[] = [];
  const [first] = parsed.getFROMs();
  for (const instruction of parsed.getInstructions()) {
    if (instruction.getRange().start.line < first!.getRange().start.line) continue;
    const content = instruction.getArgumentsContent() ?? '';
    const text = content.replace(/^(--\S+\s+)+/, '').replaceAll(/\\\n\s*/g, '');
    if (instruction.getKeyword() === 'FROM') {
      const [image, , name] = text.split(/\s+/);
      stages.push({
        name,
        image: image!.replaceAll(/\$\{(\w+)\}/g, (_, arg: string) => args.get(arg)!),
        instructions: [],
      });
      continue;
    }
    const given = instruction instanceof ModifiableInstruction ? instruction.getFlags() : [];
    const flags = Object.fromEntries(given.map((flag) => [flag.getName(), flag.getValue() ?? '']));
    stages.at(-1)!.instructions.push({ keyword: instruction.getKeyword(), text, flags });
  }
  return stages;
}

/** `NAME=value NAME=value` of all ENV of a stage. */
export function environmentOf({ instructions }: Stage): Record<string, string> {
  const pairs = instructions.filter(({ keyword }) => keyword === 'ENV').flatMap(({ text }) => text.split(/\s+/));
  return Object.fromEntries(pairs.map((pair) => pair.split('=', 2) as [string, string]));
}

/** The words of the last CMD, ENTRYPOINT or HEALTHCHECK, which must be in the form of JSON. */
export function wordsOf({ instructions }: Stage, keyword: string): string[] {
  const { text } = instructions.findLast((instruction) => instruction.keyword === keyword)!;
  return JSON.parse(text.slice(text.indexOf('['))) as string[];
}
