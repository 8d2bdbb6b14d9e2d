/** A sleep that can be woken early. The timer is unref'd. */
export class InterruptibleSleep {
  #rung = false;
  #end: (() => void) | undefined;

  /** Ends the current sleep, or the next one before it begins. */
  ring(): void {
    this.#rung = true;
    this.#end?.();
  }

  async wait(ms: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms).unref();
        this.#end = (): void => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#end = undefined;
    }
    this.#rung = false;
  }
}
