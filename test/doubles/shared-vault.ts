/** A vault in memory that several installations reach, with a clock of its own, whose every answer can be held back. */
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Vault, VaultObject, VaultSource } from '../../src/backup/vault.ts';
import { VigilError } from '../../src/errors.ts';

const memory = 'memory:';

/** Instead of a file, so that nothing but the vault decides when a put goes on. */
export function inMemory<T>(text: string, use: (source: VaultSource) => Promise<T>): Promise<T> {
  return use({ path: `${memory}${text}`, bytes: Buffer.byteLength(text), sha256: '' });
}

export type SharedCall = 'put' | 'get' | 'stat' | 'list' | 'remove' | 'check';

export class SharedVault {
  readonly objects = new Map<string, { readonly bytes: Uint8Array; readonly at: number }>();
  name = 'shared:vault';
  /** Milliseconds since the epoch: what it says of when something was put. */
  now = Date.UTC(2026, 5, 1);

  /** As one of those who reach it sees it. `before` may wait, or throw. */
  as(before: (call: SharedCall, name: string) => Promise<void> = async () => {}): Vault {
    const { objects } = this;
    const object = (name: string, { bytes, at }: { bytes: Uint8Array; at: number }): VaultObject => ({
      name,
      bytes: bytes.byteLength,
      modifiedAt: new Date(at).toISOString(),
      problem: null,
    });
    const put = async (name: string, source: VaultSource) => {
      const bytes = source.path.startsWith(memory)
        ? Buffer.from(source.path.slice(memory.length))
        : await readFile(source.path);
      await before('put', name);
      const there = objects.get(name);
      if (there && !bytes.equals(there.bytes))
        throw new VigilError('vault_refused', `${name} holds something else.`);
      if (!there) objects.set(name, { bytes, at: this.now });
    };
    return {
      name: this.name,
      put,
      async get(name) {
        await before('get', name);
        const found = objects.get(name);
        if (!found) throw new VigilError('backup_not_found', `There is no ${name}.`);
        return Readable.from([found.bytes], { objectMode: false });
      },
      async stat(name) {
        await before('stat', name);
        const found = objects.get(name);
        return found ? object(name, found) : null;
      },
      async list(prefix) {
        await before('list', prefix);
        return [...objects]
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, found]) => object(name, found))
          .sort((a, b) => (a.name < b.name ? -1 : 1));
      },
      async remove(name) {
        await before('remove', name);
        return objects.delete(name);
      },
      check: () => before('check', ''),
      create: async () => false,
    };
  }

  /** What lies below a prefix, as JSON. */
  read(prefix: string): readonly Record<string, unknown>[] {
    return [...this.objects]
      .filter(([name]) => name.startsWith(prefix))
      .map(([, { bytes }]) => JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>);
  }
}
