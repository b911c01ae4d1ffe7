import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Look } from '../../src/volume/distinct-id.ts';

/** A real directory, looked at as through a mount that takes capitals and small letters for the same. */
export const caseless: Look = {
  names: (directory) => readdir(directory),
  exists: async (path) =>
    (await readdir(dirname(path))).some((name) => name.toLowerCase() === basename(path).toLowerCase()),
};
