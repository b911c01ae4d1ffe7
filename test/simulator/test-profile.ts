import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pairing } from './control.ts';
import type { Simulator } from './simulator.ts';
import { TestClient } from './test-client.ts';

export const INDEXED_DB = 'Default/IndexedDB';
export const LOCAL_STORAGE = 'Default/Local Storage';

/** A profile that was paired once and closed; tests use copies. */
export class PairedProfile {
  readonly pairing: Pairing;
  readonly #root: string;

  private constructor(root: string, pairing: Pairing) {
    this.#root = root;
    this.pairing = pairing;
  }

  static async make(simulator: Simulator, root: string): Promise<PairedProfile> {
    await using client = await TestClient.start(simulator.chromiumArgs, join(root, 'original'));
    const pairing = await simulator.control.scan({ qr: await client.qr() });
    await client.event('ready');
    return new PairedProfile(root, pairing);
  }

  /** A data path for LocalAuth that holds a copy. */
  async copy(): Promise<string> {
    const path = await mkdtemp(join(this.#root, 'copy-'));
    await cp(join(this.#root, 'original'), path, { recursive: true });
    return path;
  }

  async copyWithout(part: string): Promise<string> {
    const path = await this.copy();
    await rm(join(path, 'session-test', part), { recursive: true });
    return path;
  }
}

export async function hasBlobFile(dataPath: string): Promise<boolean> {
  const names = await readdir(join(dataPath, 'session-test', INDEXED_DB), {
    recursive: true,
    withFileTypes: true,
  });
  return names.some((entry) => entry.isFile() && entry.parentPath.includes('.indexeddb.blob'));
}
