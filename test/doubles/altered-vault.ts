import type { Vault } from '../../src/backup/vault.ts';

/** A vault of which some calls are others. */
export function alteredVault(vault: Vault, calls: Partial<Vault>): Vault {
  return {
    name: vault.name,
    put: (name, source, signal) => vault.put(name, source, signal),
    get: (name, signal) => vault.get(name, signal),
    stat: (name, signal) => vault.stat(name, signal),
    list: (prefix, signal) => vault.list(prefix, signal),
    remove: (name, signal) => vault.remove(name, signal),
    check: (signal) => vault.check(signal),
    create: (signal) => vault.create(signal),
    ...calls,
  };
}
