/** Everything that a directory or a file is, so that two looks can be compared: names, kinds, modes, times, bytes, links. */
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

export async function everythingOf(path: string): Promise<readonly string[]> {
  const found = await lstat(path, { bigint: true });
  const kind = found.mode.toString(8);
  const line = `${path} ${kind} ${found.ino} ${found.nlink} ${found.mtimeNs} ${found.ctimeNs}`;
  if (found.isSymbolicLink()) return [`${line} -> ${await readlink(path)}`];
  if (found.isFile()) return [`${line} ${(await readFile(path)).toString('base64')}`];
  if (!found.isDirectory()) return [line];
  const names = (await readdir(path)).sort();
  const below = await Promise.all(names.map((name) => everythingOf(join(path, name))));
  return [line, ...below.flat()];
}
