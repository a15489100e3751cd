// Reading again after what was told, without reading for each event.

/** Milliseconds in which one decision has told all its events. */
const MOMENT = 200;

/** One thing that is read: never twice at a time, and once for all that is told within a moment. */
export class Fresh {
  readonly #read: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #due = false;
  #reading = false;

  constructor(read: () => Promise<void>, failed: (error: unknown) => void) {
    this.#read = read;
    this.#failed = failed;
  }

  /** Reads now. What is told meanwhile has it read again. */
  async now(): Promise<void> {
    if (this.#reading) return this.again();
    this.#reading = true;
    try {
      do {
        this.#due = false;
        await this.#read();
        if (this.#due) await moment();
      } while (this.#due);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#reading = false;
    }
  }

  /** Something was told that the last read did not show. */
  again(): void {
    if (this.#due) return;
    this.#due = true;
    if (!this.#reading) void moment().then(() => this.now());
  }
}

function moment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, MOMENT));
}
