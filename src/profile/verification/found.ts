/** What a part of a profile was found to hold, and what was tolerated meanwhile. */
import { join } from 'node:path';
import type { StoreFiles } from '../../leveldb/store-files.ts';

export interface Found<T> {
  readonly found: T;
  readonly warnings: readonly Warning[];
}

export interface Warning {
  readonly path: string;
  /** Makes a sentence with the path. */
  readonly finding: string;
}

const torn = 'breaks off in its last record, as a crash leaves it';

export function logWarnings(files: StoreFiles, tornLogs: readonly string[]): readonly Warning[] {
  const manifest = files.manifestTorn ? [join(files.directory, files.current)] : [];
  return [...manifest, ...tornLogs].map((path) => ({ path, finding: torn }));
}

/** The same order everywhere, whatever the locale. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
