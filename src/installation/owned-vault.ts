/**
 * A vault that only its owner writes to. Every writer is given this one, so that none can forget to ask; who only looks is
 * not kept from it. Between the look and the write another may have taken over: what is written then harms nobody, since
 * nothing is ever overwritten and what is removed was ours.
 */
import type { Readable } from 'node:stream';
import type { Vault, VaultObject, VaultSource } from '../backup/vault.ts';

export class OwnedVault implements Vault {
  readonly #vault: Vault;
  readonly #requireOwner: (signal: AbortSignal) => Promise<void>;

  /** `requireOwner` throws `vault_owned`, and what the vault throws that cannot be asked. */
  constructor(vault: Vault, requireOwner: (signal: AbortSignal) => Promise<void>) {
    this.#vault = vault;
    this.#requireOwner = requireOwner;
  }

  get name(): string {
    return this.#vault.name;
  }

  async put(name: string, source: VaultSource, signal: AbortSignal): Promise<void> {
    await this.#requireOwner(signal);
    await this.#vault.put(name, source, signal);
  }

  async remove(name: string, signal: AbortSignal): Promise<boolean> {
    await this.#requireOwner(signal);
    return this.#vault.remove(name, signal);
  }

  get(name: string, signal: AbortSignal): Promise<Readable> {
    return this.#vault.get(name, signal);
  }

  stat(name: string, signal: AbortSignal): Promise<VaultObject | null> {
    return this.#vault.stat(name, signal);
  }

  list(prefix: string, signal: AbortSignal): Promise<readonly VaultObject[]> {
    return this.#vault.list(prefix, signal);
  }

  check(signal: AbortSignal): Promise<void> {
    return this.#vault.check(signal);
  }

  /** Makes it where it is missing: then there is no owner yet. */
  create(signal: AbortSignal): Promise<boolean> {
    return this.#vault.create(signal);
  }
}
