/** Those who wait to hear whether the device was unlinked. Everybody hears, whatever becomes of the session. */
export class Unlinking {
  #waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];

  /** Settles with the next outcome. */
  wait(): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  done(): void {
    for (const { resolve } of this.#taken()) resolve();
  }

  failed(error: unknown): void {
    for (const { reject } of this.#taken()) reject(error);
  }

  #taken() {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }
}
