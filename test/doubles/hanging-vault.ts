import { Readable } from 'node:stream';
import type { Vault, VaultSource } from '../../src/backup/vault.ts';

export type VaultCall = 'put' | 'get' | 'stat' | 'list' | 'remove' | 'check' | 'create' | 'stream';

/**
 * A vault behind a network that goes away: from then on the calls that are named never answer, whatever signal they are
 * given; `stream` answers with a file whose bytes never come.
 */
export class HangingVault implements Vault {
  readonly #vault: Vault;
  readonly #hanging = new Set<VaultCall>();
  /** Calls that hang. */
  hung = 0;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  get name(): string {
    return this.#vault.name;
  }

  hang(...calls: readonly VaultCall[]): void {
    for (const call of calls) this.#hanging.add(call);
  }

  mend(): void {
    this.#hanging.clear();
    this.hung = 0;
  }

  put(name: string, source: VaultSource, signal: AbortSignal): Promise<void> {
    return this.#answer('put', () => this.#vault.put(name, source, signal));
  }

  get(name: string, signal: AbortSignal): Promise<Readable> {
    if (this.#hanging.has('stream')) {
      this.hung++;
      return Promise.resolve(new Readable({ read() {} }));
    }
    return this.#answer('get', () => this.#vault.get(name, signal));
  }

  stat(name: string, signal: AbortSignal) {
    return this.#answer('stat', () => this.#vault.stat(name, signal));
  }

  list(prefix: string, signal: AbortSignal) {
    return this.#answer('list', () => this.#vault.list(prefix, signal));
  }

  remove(name: string, signal: AbortSignal): Promise<boolean> {
    return this.#answer('remove', () => this.#vault.remove(name, signal));
  }

  check(signal: AbortSignal): Promise<void> {
    return this.#answer('check', () => this.#vault.check(signal));
  }

  create(signal: AbortSignal): Promise<boolean> {
    return this.#answer('create', () => this.#vault.create(signal));
  }

  #answer<T>(call: VaultCall, answer: () => Promise<T>): Promise<T> {
    if (!this.#hanging.has(call)) return answer();
    this.hung++;
    return new Promise<never>(() => {});
  }
}
