import type { Clock, Timer } from '../kernel/clock.js';

/** Pause after which keyed digits are taken as complete. */
const INTER_DIGIT_MS = 2000;
const MAX_DIGITS = 32;

/** Collects keys into one input: ended by `#`, by enough digits for what was asked, or by a pause. `*` starts over. */
export class DtmfCollector {
  private digits = '';
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly onInput: (digits: string) => void,
  ) {}

  /** Whether an input has begun. */
  get busy(): boolean {
    return this.digits !== '';
  }

  /** What was pressed since the last input. */
  get pressed(): string {
    return this.digits;
  }

  /** Goes on with keys that were pressed before. */
  restore(digits: string): void {
    this.digits = digits;
    if (digits !== '') this.timer = this.clock.setTimeout(() => this.flush(), INTER_DIGIT_MS);
  }

  /** @param wanted how many digits complete the input, if that is known. */
  press(key: string, wanted: number | undefined): void {
    this.timer?.cancel();
    if (key === '*') {
      this.digits = '';
      return;
    }
    if (key !== '#') this.digits += key;
    if (key === '#' || this.digits.length === (wanted ?? MAX_DIGITS)) this.flush();
    else this.timer = this.clock.setTimeout(() => this.flush(), INTER_DIGIT_MS);
  }

  close(): void {
    this.timer?.cancel();
    this.digits = '';
  }

  private flush(): void {
    const digits = this.digits;
    this.digits = '';
    if (digits !== '') this.onInput(digits);
  }
}
