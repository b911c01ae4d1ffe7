import { diskError } from '../../src/system/disk-error.ts';
import { LinuxDisk } from '../../src/system/linux-disk.ts';

/** A real disk on which chosen steps fail, and which tells the steps that were taken, in order. */
export class FaultyDisk extends LinuxDisk {
  readonly steps: string[] = [];
  readonly #faults = new Map<string, string>();
  #dead = false;
  #free: number | null = null;
  /** Steps that are left to it; null for any number. */
  #left: number | null = null;

  /** Lets every later step of this label fail as the operating system would (`ENOSPC`, `EIO` …). */
  fail(label: string, code = 'EIO'): this {
    this.#faults.set(label, code);
    return this;
  }

  /** Lets this step and everything after it fail, as if the process had been killed just before it. */
  dieAt(label: string): this {
    return this.fail(label, 'DEAD');
  }

  /** The same before the step after so many more, whatever its label. */
  dieAfter(steps: number): this {
    this.#left = steps;
    return this;
  }

  mend(): this {
    this.#faults.clear();
    this.#left = null;
    this.#dead = false;
    this.#free = null;
    return this;
  }

  /** What `freeBytes` answers from now on. */
  free(bytes: number): this {
    this.#free = bytes;
    return this;
  }

  #step(label: string, path: string): void {
    const code = this.#faults.get(label);
    if (code === 'DEAD' || (this.#left !== null && this.#left-- <= 0)) this.#dead = true;
    if (this.#dead) throw new Error(`dead at ${label}`);
    if (code) throw diskError(Object.assign(new Error(code), { code }), path, label);
    this.steps.push(label);
  }

  override async createFile(path: string, data: string | Uint8Array, label: string): Promise<void> {
    this.#step(label, path);
    await super.createFile(path, data, label);
  }

  override async createFileFrom(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    label: string,
    options?: { readonly flush?: boolean },
  ): Promise<number> {
    this.#step(label, path);
    const step = () => this.#step(`${label}:end`, path);
    async function* written() {
      yield* chunks;
      step();
    }
    return super.createFileFrom(path, written(), label, options);
  }

  override async syncFile(path: string, label: string): Promise<void> {
    this.#step(label, path);
    await super.syncFile(path, label);
  }

  override async rename(from: string, to: string, label: string): Promise<void> {
    this.#step(label, from);
    await super.rename(from, to, label);
  }

  override async link(from: string, to: string, label: string): Promise<void> {
    this.#step(label, from);
    await super.link(from, to, label);
  }

  override async copyFile(from: string, to: string, label: string): Promise<void> {
    this.#step(label, from);
    await super.copyFile(from, to, label);
  }

  override async mkdir(
    path: string,
    label: string,
    options?: { readonly recursive?: boolean },
  ): Promise<boolean> {
    this.#step(label, path);
    return super.mkdir(path, label, options);
  }

  override async remove(path: string, label: string): Promise<boolean> {
    this.#step(label, path);
    return super.remove(path, label);
  }

  override async removeDirectory(path: string, label: string): Promise<boolean> {
    this.#step(label, path);
    return super.removeDirectory(path, label);
  }

  override async syncDirectory(path: string, label: string): Promise<void> {
    this.#step(label, path);
    await super.syncDirectory(path, label);
  }

  override async freeBytes(path: string): Promise<number> {
    return this.#free ?? super.freeBytes(path);
  }
}
