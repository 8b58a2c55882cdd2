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
