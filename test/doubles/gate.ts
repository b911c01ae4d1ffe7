/** Something that a test lets happen when it is time; open until it is shut. */
export class Gate {
  #shut: { promise: Promise<void>; resolve: () => void } | null = null;

  /** Resolves when it is open. */
  get passage(): Promise<void> {
    return this.#shut?.promise ?? Promise.resolve();
  }

  shut(): this {
    this.#shut ??= Promise.withResolvers<void>();
    return this;
  }

  open(): void {
    this.#shut?.resolve();
    this.#shut = null;
  }
}
