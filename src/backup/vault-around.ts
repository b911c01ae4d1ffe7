/** A vault over another one, whose every call goes through one place. */
import type { Readable } from 'node:stream';
import type { Vault, VaultObject, VaultSource } from './vault.ts';

/** What is asked of a vault. */
export interface VaultQuestion {
  readonly call: 'put' | 'get' | 'stat' | 'list' | 'remove' | 'check' | 'create';
  /** Of the file that goes with it. */
  readonly bytes: number;
}

export abstract class VaultAround implements Vault {
  protected readonly vault: Vault;

  constructor(vault: Vault) {
    this.vault = vault;
  }

  get name(): string {
    return this.vault.name;
  }

  put(name: string, source: VaultSource, signal: AbortSignal): Promise<void> {
    const question = { call: 'put', bytes: source.bytes } as const;
    return this.around(question, signal, () => this.vault.put(name, source, signal));
  }

  get(name: string, signal: AbortSignal): Promise<Readable> {
    return this.around({ call: 'get', bytes: 0 }, signal, () => this.vault.get(name, signal));
  }

  stat(name: string, signal: AbortSignal): Promise<VaultObject | null> {
    return this.around({ call: 'stat', bytes: 0 }, signal, () => this.vault.stat(name, signal));
  }

  list(prefix: string, signal: AbortSignal): Promise<readonly VaultObject[]> {
    return this.around({ call: 'list', bytes: 0 }, signal, () => this.vault.list(prefix, signal));
  }

  remove(name: string, signal: AbortSignal): Promise<boolean> {
    return this.around({ call: 'remove', bytes: 0 }, signal, () => this.vault.remove(name, signal));
  }

  check(signal: AbortSignal): Promise<void> {
    return this.around({ call: 'check', bytes: 0 }, signal, () => this.vault.check(signal));
  }

  create(signal: AbortSignal): Promise<boolean> {
    return this.around({ call: 'create', bytes: 0 }, signal, () => this.vault.create(signal));
  }

  /** @param ask puts the question to the vault below, as often as it is called */
  protected abstract around<T>(
    question: VaultQuestion,
    signal: AbortSignal,
    ask: () => Promise<T>,
  ): Promise<T>;
}
