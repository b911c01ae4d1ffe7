import { lstat } from 'node:fs/promises';
import { unlessAbsent } from './errno.ts';

/** The path, or it with `-2`, `-3` and so on, where nothing is yet. For whoever is alone in that directory. */
export async function freeName(base: string): Promise<string> {
  let free = base;
  for (let number = 2; await unlessAbsent(lstat(free)); number++) free = `${base}-${number}`;
  return free;
}
