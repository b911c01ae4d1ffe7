import { LinuxDisk } from '../../src/system/linux-disk.ts';

/** A real disk on which the steps of one label wait until they are let go, as on a device that hangs. */
export class HeldDisk extends LinuxDisk {
  readonly #label: string;
  readonly #reached = Promise.withResolvers<void>();
  readonly #letGo = Promise.withResolvers<void>();

  constructor(label: string) {
    super();
    this.#label = label;
  }

  /** Resolves when the first such step waits. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  letGo(): void {
    this.#letGo.resolve();
  }

  async #step(label: string): Promise<void> {
    if (label !== this.#label) return;
    this.#reached.resolve();
    await this.#letGo.promise;
  }

  override async link(from: string, to: string, label: string): Promise<void> {
    await this.#step(label);
    await super.link(from, to, label);
  }

  override async copyFile(from: string, to: string, label: string): Promise<void> {
    await this.#step(label);
    await super.copyFile(from, to, label);
  }
}
