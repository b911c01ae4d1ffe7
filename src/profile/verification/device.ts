/**
 * Which WhatsApp device a profile holds, as a hash: to tell two copies of one login apart from two logins. What it is
 * the hash of never leaves this function.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ProfileLayout } from '../../engine/profile-layout.ts';
import type { KeyGroup, KeySpace } from '../../leveldb/key-space.ts';
import { readStoreFiles } from '../../leveldb/store-files.ts';
import { StoreReader } from '../../leveldb/store-reader.ts';

/** One key of Local Storage and its value. */
class OneKey implements KeySpace {
  readonly comparator = 'leveldb.BytewiseComparator';
  readonly group: KeyGroup = { values: true };
  readonly #key: Buffer;

  constructor(origin: string, name: string) {
    this.#key = Buffer.from(`_${origin}\0\x01${name}`, 'latin1');
  }

  groupOf(key: Buffer): KeyGroup | null {
    return this.compare(key) === 0 ? this.group : null;
  }

  decisiveBytes(): number {
    return Number.POSITIVE_INFINITY;
  }

  compare(key: Buffer): number {
    return key.compare(this.#key);
  }
}

/** Hex; null where there is none, or none that can be read. Rejects with the signal's reason alone. */
export async function deviceOf(
  profile: string,
  layout: ProfileLayout,
  signal: AbortSignal,
): Promise<string | null> {
  const place = layout.essential.find(({ kind }) => kind === 'local-storage');
  if (!place) return null;
  try {
    const files = await readStoreFiles(join(profile, place.path, 'leveldb'), signal);
    const key = new OneKey(layout.origin, layout.deviceKey);
    await using reader = await StoreReader.open(files, key, signal);
    let device: string | null = null;
    await reader.scan(key.group, ({ value }) => {
      device = createHash('sha256').update(value).digest('hex');
      return false;
    });
    return device;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}
