/** Those who wait to hear how something ended. Everybody hears, whatever becomes of the session. */
export class Outcomes<T> {
  #waiting: { readonly resolve: (value: T) => void; readonly reject: (error: unknown) => void }[] = [];

  /** Settles with the next outcome. */
  wait(): Promise<T> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  done(value: T): void {
    for (const { resolve } of this.#taken()) resolve(value);
  }

  /** Whether anybody heard. */
  failed(error: unknown): boolean {
    const waiting = this.#taken();
    for (const { reject } of waiting) reject(error);
    return waiting.length > 0;
  }

  #taken() {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }
}
