import type { SttWord } from '../stt-stream.js';
import type { LegSegment } from './leg-transcriber.js';
import type { HeardUtterance } from './utterance-feed.js';

/**
 * An utterance as it stands in a transcript: with the recogniser's times where it has some, those of the gate otherwise; a
 * segment for each voice, one after the other, where voices are told apart.
 */
export function segmentsOf(heard: HeardUtterance): LegSegment[] {
  const { result, epoch, speech } = heard;
  const words = result.words?.map((word) => placed(word, heard)) ?? [];
  const common = { confidence: result.confidence, provider: result.provider ?? 'unknown', epoch };
  const turns = turnsOf(words);
  if (turns.length > 1) return turns.map((turn) => ({ ...common, ...spanOf(turn), text: textOf(turn), words: turn }));
  const startMs = result.startMs === undefined ? (words[0]?.startMs ?? speech.startMs) : heard.startOf(result.startMs);
  const endMs = result.endMs === undefined ? (words.at(-1)?.endMs ?? speech.endMs) : heard.endOf(result.endMs);
  const speaker = words[0]?.speaker;
  return [
    {
      ...common,
      text: result.text,
      startMs,
      endMs: Math.max(startMs, endMs),
      ...(speaker !== undefined && { speaker }),
      ...(result.words && { words }),
    },
  ];
}

function placed(word: SttWord, heard: HeardUtterance): SttWord {
  const startMs = heard.startOf(word.startMs);
  return { ...word, startMs, endMs: Math.max(startMs, heard.endOf(word.endMs)) };
}

/** Words of one voice after the other; a word of nobody belongs to whoever spoke before. */
function turnsOf(words: readonly SttWord[]): SttWord[][] {
  const turns: SttWord[][] = [];
  for (const word of words) {
    const turn = turns.at(-1);
    const speaker = word.speaker ?? turn?.[0]?.speaker;
    if (turn && turn[0]!.speaker === speaker) turn.push(word);
    else turns.push([word]);
  }
  return turns;
}

function spanOf(turn: readonly SttWord[]): Pick<LegSegment, 'startMs' | 'endMs' | 'speaker'> {
  const { startMs, speaker } = turn[0]!;
  return { startMs, endMs: turn.at(-1)!.endMs, ...(speaker !== undefined && { speaker }) };
}

function textOf(turn: readonly SttWord[]): string {
  return turn.map(({ text }) => text).join(' ');
}
