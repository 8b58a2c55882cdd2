/** When a piece of a recording begins and ends, milliseconds since its conversation began. */
export interface PieceTimes {
  readonly startMs: number;
  /** Undefined where its name does not say. */
  readonly endMs: number | undefined;
}

const TIME = String.raw`(\d{9,12}(?:\.\d{3})?)`;
const NAME = new RegExp(`^${TIME}(?:-${TIME})?\\.wav$`);

/**
 * Such as `000060000.wav`, or `000060000-000120000.125.wav` where the same audio may come again and be cut differently: what
 * is shorter must not take the place of what is longer. @param endMs at most three decimals of a time show
 */
export function nameOfPiece(startMs: number, endMs?: number): string {
  return `${timeText(startMs)}${endMs === undefined ? '' : `-${timeText(endMs)}`}.wav`;
}

/** Undefined if it is not the name of a piece. */
export function timesOfPiece(name: string): PieceTimes | undefined {
  const [, start, end] = NAME.exec(name) ?? [];
  return start === undefined
    ? undefined
    : { startMs: Number(start), endMs: end === undefined ? undefined : Number(end) };
}

function timeText(ms: number): string {
  const micros = Math.round(ms * 1000);
  const whole = String(Math.floor(micros / 1000)).padStart(9, '0');
  const fraction = micros % 1000;
  return fraction === 0 ? whole : `${whole}.${String(fraction).padStart(3, '0')}`;
}
