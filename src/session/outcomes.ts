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

  failed(error: unknown): void {
    for (const { reject } of this.#taken()) reject(error);
  }

  #taken() {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }
}
